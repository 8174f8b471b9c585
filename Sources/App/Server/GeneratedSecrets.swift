package import Auth
import FoundationEssentials
package import Vocabulary
import Webhooks

/// The secrets that are made at the first start and kept in the data folder, each in a file of its own.
package struct GeneratedSecrets: Sendable {
    let folder: String
    let surroundings: Surroundings

    package init(dataFolder: String, surroundings: Surroundings) {
        folder = "\(dataFolder)/secrets"
        self.surroundings = surroundings
    }

    /// Whether tokens were signed with a generated secret before.
    package var hasToken: Bool { FileManager.default.fileExists(atPath: "\(folder)/jwt-secret") }

    /// The settings with the generated secret, where neither a secret nor a key set is configured.
    /// - Throws: `AuthError.misconfigured`.
    package func complete(_ auth: AuthSettings) throws -> AuthSettings {
        guard auth.jwtSecret == nil, auth.jwksURL == nil else { return auth }
        var auth = auth
        auth.jwtSecret = try token()
        return auth
    }

    /// Signs tokens.
    func token() throws -> Secret { try made("jwt-secret") }

    /// Seals secrets in the database.
    func master() throws -> Secret { try made("master-key") }

    /// Signs download links.
    func link() throws -> Secret { try made("link-secret") }

    /// Verifies calls of `video-complete`: written as what signs them takes it.
    func callback() throws -> Secret {
        try SecretFile.loadOrMake(folder: folder, name: "callback-secret", surroundings: surroundings) {
            StandardWebhookSignature.secretPrefix + Data($0).base64EncodedString()
        }
    }

    private func made(_ name: String) throws -> Secret {
        try SecretFile.loadOrMake(folder: folder, name: name, surroundings: surroundings)
    }
}
