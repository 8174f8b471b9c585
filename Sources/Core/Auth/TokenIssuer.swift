import FoundationEssentials
package import Vocabulary

/// Makes tokens that this house accepts: for the command line, the first start, and log-in.
package struct TokenIssuer: Sendable {
    private let key: HMACSHA256
    private let issuer: String?
    private let audience: String?
    private let surroundings: Surroundings

    /// - Throws: `AuthError.misconfigured` when there is no secret of 32 bytes or more, or HS256 isn't allowed.
    package init(settings: AuthSettings, surroundings: Surroundings) throws {
        guard settings.algorithms.contains(.hs256), let secret = settings.jwtSecret else {
            throw AuthError.misconfigured(
                "tokens come from an outside issuer; ATELIER_JWT_SECRET isn't set or HS256 not allowed")
        }
        guard let key = HMACSHA256(secret) else {
            throw AuthError.misconfigured(
                "the secret for tokens is shorter than \(AuthSettings.minimumSecretSize) bytes")
        }
        self.key = key
        self.surroundings = surroundings
        issuer = settings.issuer
        audience = settings.audience
    }

    /// A token signed with the configured secret.
    /// - Parameter ttl: for how long it is good, from now; more than zero.
    /// - Throws: `AuthError.unacceptable`.
    package func mint(
        tenant: TenantID, subject: String, roles: Set<Role> = [], email: String? = nil, ttl: Duration
    ) throws -> String {
        guard ttl > .zero else { throw AuthError.unacceptable("a token must be good for more than no time") }
        guard !subject.isEmpty else { throw AuthError.unacceptable("a token must have a subject") }
        let now = surroundings.now()
        let claims = TokenClaims(
            sub: subject, email: email, roles: .array(roles.map(\.rawValue).sorted().map(JSONValue.string)),
            tenantId: tenant.name, iss: issuer, aud: audience.map(JSONValue.string),
            exp: Double((now + ttl).seconds), iat: Double(now.seconds))
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let head = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        let signed = head + "." + Base64URL.encode(try encoder.encode(claims))
        return signed + "." + Base64URL.encode(try key.sign(Array(signed.utf8)))
    }
}
