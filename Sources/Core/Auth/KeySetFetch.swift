package import Egress
import HTTPTypes
package import Logging
package import Vocabulary

extension Authenticator {
    /// - Parameter egress: the way to the issuer's key set; needed when the settings have the address of one.
    package init(
        settings: AuthSettings, keys: APIKeyStore, egress: Egress?, surroundings: Surroundings, logger: Logger
    ) {
        let limits = settings.limits
        var fetch: (@Sendable () async throws -> [UInt8])?
        if let url = settings.jwksURL, let egress {
            fetch = { try await Self.fetch(url, through: egress, limits: limits) }
        }
        self.init(settings: settings, keys: keys, fetchKeySet: fetch, surroundings: surroundings, logger: logger)
    }

    private static func fetch(_ url: String, through egress: Egress, limits: AuthLimits) async throws -> [UInt8] {
        let response = try await egress.send(
            EgressRequest(
                .get, url, headers: [.accept: "application/jwk-set+json, application/json"], trust: .configured,
                deadlines: EgressDeadlines(
                    connect: min(.seconds(5), limits.jwksDeadline), firstByte: limits.jwksDeadline,
                    whole: limits.jwksDeadline),
                maximumBodySize: Int64(limits.jwksMaximumSize), maximumAttempts: 2))
        let bytes = try await response.bytes()
        guard response.status == 200 else { throw AuthError.unavailable("the key set's status is \(response.status)") }
        return bytes
    }
}
