package import Logging
package import Vocabulary

/// Tells who calls, from the `Authorization` header of a request.
package struct Authenticator: Sendable {
    private let tokens: TokenVerifier
    private let keys: APIKeyStore

    /// - Parameter fetchKeySet: gets the bytes of the issuer's key set, within a deadline; nil when there is none.
    package init(
        settings: AuthSettings, keys: APIKeyStore, fetchKeySet: (@Sendable () async throws -> [UInt8])?,
        surroundings: Surroundings, logger: Logger
    ) {
        let keySet = fetchKeySet.map {
            KeySet(limits: settings.limits, surroundings: surroundings, logger: logger, fetch: $0)
        }
        tokens = TokenVerifier(settings: settings, keySet: keySet, surroundings: surroundings)
        self.keys = keys
    }

    /// - Parameter authorization: the header's value, `Bearer` and a token or an API key.
    /// - Throws: `AuthError.missing`, `.invalid`, `.unavailable`; `DatabaseError` when an API key can't be looked up.
    package func authenticate(_ authorization: String?) async throws -> Principal {
        // Of bytes: finding the characters of a long token costs more than looking it up.
        let words = (authorization ?? "").utf8.split(separator: UInt8(ascii: " "))
        guard let scheme = words.first.map({ String(Substring($0)) }) else { throw AuthError.missing }
        guard scheme.lowercased() == "bearer" else { throw AuthError.invalid("the scheme isn't Bearer") }
        guard words.count > 1 else { throw AuthError.missing }
        guard words.count == 2 else { throw AuthError.invalid("it is no token and no API key") }
        let credential = String(Substring(words[1]))
        if APIKeyText.isOne(credential) { return try await keys.lookUp(credential).principal }
        return try await tokens.verify(credential)
    }
}
