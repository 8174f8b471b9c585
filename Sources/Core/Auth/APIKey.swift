package import Vocabulary

package enum APIKeyIDKind: IDKind { package static let prefix = "key" }
package typealias APIKeyID = TypeID<APIKeyIDKind>

/// An API key as it is kept: all but the key itself.
package struct APIKey: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        /// Works with the real engines, and costs.
        case live
        /// Gets the sandbox engines only, and costs nothing.
        case test
    }

    package var id: APIKeyID
    package var tenant: TenantID
    /// What its owner calls it.
    package var name: String
    package var kind: Kind
    package var roles: Set<Role>
    package var createdAt: Timestamp
    /// From when on it is refused; nil for never.
    package var expiresAt: Timestamp?
    package var revokedAt: Timestamp?
    /// About when it was last used: written down once a minute.
    package var lastUsedAt: Timestamp?

    /// Who calls with this key.
    package var principal: Principal {
        Principal(tenant: tenant, subject: id.text, roles: roles, isTest: kind == .test, keyID: id)
    }
}
