/// Why a tenant can't be made or used.
package enum TenantsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A tenant of that name exists.
    case exists
    /// No tenant has that name, and none is made on first use.
    case unknown
    /// The tenant's requests are refused until an operator lets it in again.
    case suspended

    package var description: String {
        switch self {
        case .exists: "a tenant of that name exists"
        case .unknown: "no tenant has that name"
        case .suspended: "the tenant is suspended"
        }
    }
}
