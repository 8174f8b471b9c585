package import Vocabulary

/// What a caller may do beyond the ordinary.
package enum Role: String, Sendable, Hashable, CaseIterable, Codable {
    /// Uses the API.
    case member
    /// Also manages the tenant: API keys, webhooks.
    case admin
    /// Also manages all tenants.
    case platformAdmin = "platform_admin"
}

/// Who calls, as a verified credential says.
package struct Principal: Sendable, Hashable {
    package var tenant: TenantID
    /// The user's id at the issuer of the token, or the id of the API key.
    package var subject: String
    package var email: String?
    package var roles: Set<Role>
    /// Whether the credential is a test key: it gets the sandbox engines only, and costs nothing.
    package var isTest: Bool
    /// The API key that was used; nil for a token.
    package var keyID: APIKeyID?

    package init(
        tenant: TenantID, subject: String, email: String? = nil, roles: Set<Role> = [], isTest: Bool = false,
        keyID: APIKeyID? = nil
    ) {
        self.tenant = tenant
        self.subject = subject
        self.email = email
        self.roles = roles
        self.isTest = isTest
        self.keyID = keyID
    }
}
