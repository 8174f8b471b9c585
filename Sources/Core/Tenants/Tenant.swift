package import Vocabulary

/// A customer of the house, known by the name that its owner chose.
package struct Tenant: Sendable, Hashable {
    package var id: TenantID
    package var createdAt: Timestamp
    /// Since when its requests are refused; nil when they aren't.
    package var suspendedAt: Timestamp?

    package init(id: TenantID, createdAt: Timestamp, suspendedAt: Timestamp? = nil) {
        self.id = id
        self.createdAt = createdAt
        self.suspendedAt = suspendedAt
    }
}
