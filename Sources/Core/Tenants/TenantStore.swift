package import Database
package import Vocabulary

/// The tenants by name. A copy shares the memory of the original.
///
/// A row here is what the house knows of a tenant, not what the tenant owns, so the operators' calls run as the system.
package struct TenantStore: Sendable {
    private let database: any Database
    private let surroundings: Surroundings
    private let limits: TenantsLimits
    private let known: ExpiringCache<TenantID, Tenant>

    package init(database: any Database, surroundings: Surroundings, limits: TenantsLimits = TenantsLimits()) {
        self.database = database
        self.surroundings = surroundings
        self.limits = limits
        known = ExpiringCache(entries: limits.cacheEntries)
    }

    package static let migrations: [Migration] = [
        Migration(
            "tenants-001",
            statements: [
                """
                CREATE TABLE tenants (
                    tenant_id TEXT NOT NULL PRIMARY KEY,
                    created_at BIGINT NOT NULL,
                    suspended_at BIGINT
                )
                """
            ])
    ]

    /// - Throws: `TenantsError.exists`, `DatabaseError`.
    package func create(_ id: TenantID) async throws -> Tenant {
        let now = surroundings.now()
        return try await database.write(as: .system) { transaction in
            guard try Self.insert(id, at: now, in: transaction) else { throw TenantsError.exists }
            return Tenant(id: id, createdAt: now)
        }
    }

    /// - Returns: nil when there is none of that name. A suspended tenant is found too.
    package func find(_ id: TenantID) async throws -> Tenant? {
        try await database.read(as: .system) { try Self.select(id, in: $0) }
    }

    /// The tenants in the order of their names, for operators.
    package func list(_ page: PageRequest) async throws -> Page<Tenant> {
        let after = page.after ?? ""
        let tenants = try await database.read(as: .system) { transaction in
            try transaction.query(
                """
                SELECT tenant_id, created_at, suspended_at FROM tenants
                WHERE tenant_id > \(after) ORDER BY tenant_id LIMIT \(page.limit + 1)
                """
            ).map(Self.tenant)
        }
        return Page(reading: tenants, limit: page.limit) { $0.id.name }
    }

    /// The tenant of a verified credential. Called for every request: a good answer is remembered for a few seconds.
    ///
    /// - Parameter open: whether a tenant that doesn't exist is made.
    /// - Throws: `TenantsError.unknown` or `.suspended`, `DatabaseError`.
    package func ensure(_ id: TenantID, open: Bool) async throws -> Tenant {
        if let tenant = known.value(for: id, at: surroundings.now()) { return tenant }
        let generation = known.generation
        let tenant = try await findOrMake(id, open: open)
        guard tenant.suspendedAt == nil else { throw TenantsError.suspended }
        known.put(tenant, for: id, until: surroundings.now() + limits.cacheTTL, ifStill: generation)
        return tenant
    }

    /// Refuses the tenant's requests from now on; in other processes once they have forgotten it. Its data stays.
    /// - Throws: `TenantsError.unknown`, `DatabaseError`.
    @discardableResult
    package func suspend(_ id: TenantID) async throws -> Tenant {
        let now = surroundings.now()
        let tenant = try await change(
            "UPDATE tenants SET suspended_at = COALESCE(suspended_at, \(now)) WHERE tenant_id = \(id)", id)
        known.remove(id)
        return tenant
    }

    /// Lets the tenant in again.
    /// - Throws: `TenantsError.unknown`, `DatabaseError`.
    @discardableResult
    package func resume(_ id: TenantID) async throws -> Tenant {
        try await change("UPDATE tenants SET suspended_at = NULL WHERE tenant_id = \(id)", id)
    }

    private func findOrMake(_ id: TenantID, open: Bool) async throws -> Tenant {
        if let tenant = try await find(id) { return tenant }
        guard open else { throw TenantsError.unknown }
        let now = surroundings.now()
        return try await database.write(as: .system) { transaction in
            try Self.insert(id, at: now, in: transaction)
            guard let tenant = try Self.select(id, in: transaction) else { throw TenantsError.unknown }
            return tenant
        }
    }

    private func change(_ statement: SQL, _ id: TenantID) async throws -> Tenant {
        try await database.write(as: .system) { transaction in
            try transaction.execute(statement)
            guard let tenant = try Self.select(id, in: transaction) else { throw TenantsError.unknown }
            return tenant
        }
    }

    /// - Returns: whether it wasn't there before.
    @discardableResult
    private static func insert(_ id: TenantID, at now: Timestamp, in transaction: any Transaction) throws -> Bool {
        try transaction.execute(
            "INSERT INTO tenants (tenant_id, created_at) VALUES (\(id), \(now)) ON CONFLICT (tenant_id) DO NOTHING")
            == 1
    }

    private static func select(_ id: TenantID, in transaction: any Transaction) throws -> Tenant? {
        try transaction.first(
            "SELECT tenant_id, created_at, suspended_at FROM tenants WHERE tenant_id = \(id)"
        ).map(tenant)
    }

    private static func tenant(_ row: Row) throws -> Tenant {
        Tenant(
            id: try row.get("tenant_id"), createdAt: try row.get("created_at"),
            suspendedAt: try row.getIfPresent("suspended_at"))
    }
}
