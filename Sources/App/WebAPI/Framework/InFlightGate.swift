import Synchronization
package import Vocabulary

/// How many requests and streams a process works on at once, in all and of one tenant: nobody can take all places.
package final class InFlightGate: Sendable {
    /// Holds a place until the last reference to it goes, so that a body that is never written can't keep one.
    package final class Place: Sendable {
        private let gate: InFlightGate
        private let tenant: TenantID?

        fileprivate init(_ gate: InFlightGate, _ tenant: TenantID?) {
            self.gate = gate
            self.tenant = tenant
        }

        deinit { gate.leave(tenant) }
    }

    package enum Entrance: Sendable {
        case entered(Place)
        /// The process is full.
        case full
        /// The tenant has as many places as it may.
        case tenantFull
    }

    private struct Inside {
        var all = 0
        var tenants: [TenantID: Int] = [:]
    }

    private let limit: Int
    private let tenantLimit: Int
    private let inside = Mutex(Inside())

    package init(limit: Int, tenantLimit: Int) {
        self.limit = limit
        self.tenantLimit = tenantLimit
    }

    package var count: Int { inside.withLock { $0.all } }

    /// - Parameter tenant: nil for a request without a credential, which counts for the process alone.
    package func enter(_ tenant: TenantID?) -> Entrance {
        let refusal: Entrance? = inside.withLock { inside in
            if inside.all >= limit { return .full }
            if let tenant {
                let own = inside.tenants[tenant, default: 0]
                if own >= tenantLimit { return .tenantFull }
                inside.tenants[tenant] = own + 1
            }
            inside.all += 1
            return nil
        }
        return refusal ?? .entered(Place(self, tenant))
    }

    private func leave(_ tenant: TenantID?) {
        inside.withLock { inside in
            inside.all -= 1
            guard let tenant else { return }
            let own = inside.tenants[tenant, default: 1] - 1
            inside.tenants[tenant] = own == 0 ? nil : own
        }
    }
}
