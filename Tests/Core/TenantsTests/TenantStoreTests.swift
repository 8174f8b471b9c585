import Database
import DatabaseSQLite
import Settings
import Tenants
import TestKit
import Testing
import Vocabulary

@Suite struct TenantStoreTests {
    private let clock = TestClock()

    private func store(on database: any Database) -> TenantStore {
        TenantStore(database: database, surroundings: clock.surroundings)
    }

    private func store() async throws -> TenantStore {
        store(on: try await TestDatabase.sqlite(migrations: TenantStore.migrations))
    }

    private func id(_ name: String) throws -> TenantID { try #require(TenantID(name)) }

    @Test("A tenant is made once, and found by its name")
    func createAndFind() async throws {
        let store = try await store()
        let made = try await store.create(id("test-tenant"))
        #expect(made == Tenant(id: try id("test-tenant"), createdAt: clock.now))
        #expect(try await store.find(id("test-tenant")) == made)
        #expect(try await store.find(id("tenant_123")) == nil)
        await #expect(throws: TenantsError.exists) { try await store.create(id("test-tenant")) }
    }

    @Test("A name has the form that api.md gives", arguments: ["", "-a", "_a", "A", "a b", "ä", "a/b", "a.b"])
    func badNames(name: String) {
        #expect(TenantID(name) == nil)
    }

    @Test("A name may have 63 characters and no more")
    func longNames() {
        #expect(TenantID(String(repeating: "a", count: 63)) != nil)
        #expect(TenantID(String(repeating: "a", count: 64)) == nil)
    }

    @Test("The list is in the order of the names, page by page")
    func list() async throws {
        let store = try await store()
        for name in ["c", "a", "e", "b", "d"] { _ = try await store.create(id(name)) }
        let first = try await store.list(PageRequest(limit: 2))
        #expect(first.items.map(\.id.name) == ["a", "b"])
        let second = try await store.list(PageRequest(limit: 2, after: first.next))
        #expect(second.items.map(\.id.name) == ["c", "d"])
        let third = try await store.list(PageRequest(limit: 2, after: second.next))
        #expect(third.items.map(\.id.name) == ["e"])
        #expect(third.next == nil)
    }

    @Test("A closed house refuses a tenant that doesn't exist, and makes none")
    func closed() async throws {
        let store = try await store()
        await #expect(throws: TenantsError.unknown) { try await store.ensure(id("new"), open: false) }
        #expect(try await store.find(id("new")) == nil)
        _ = try await store.create(id("new"))
        #expect(try await store.ensure(id("new"), open: false).id == id("new"))
    }

    @Test("An open house makes the tenant on first use, once for many at the same time")
    func open() async throws {
        let store = try await store()
        let tenant = try id("new")
        let made = try await withThrowingTaskGroup(of: Tenant.self) { group in
            for _ in 0..<20 { group.addTask { try await store.ensure(tenant, open: true) } }
            return try await group.reduce(into: Set<Tenant>()) { $0.insert($1) }
        }
        #expect(made.count == 1)
        #expect(try await store.list(PageRequest()).items.count == 1)
    }

    @Test("A suspended tenant is refused at once, keeps its row, and comes back")
    func suspend() async throws {
        let store = try await store()
        let tenant = try await store.ensure(id("a"), open: true).id
        clock.advance(by: .seconds(1))
        let suspended = try await store.suspend(tenant)
        #expect(suspended.suspendedAt == clock.now)
        await #expect(throws: TenantsError.suspended) { try await store.ensure(tenant, open: true) }
        clock.advance(by: .seconds(1))
        #expect(try await store.suspend(tenant).suspendedAt == suspended.suspendedAt)
        #expect(try await store.find(tenant)?.suspendedAt == suspended.suspendedAt)
        #expect(try await store.resume(tenant).suspendedAt == nil)
        #expect(try await store.ensure(tenant, open: false).id == tenant)
        await #expect(throws: TenantsError.unknown) { try await store.suspend(id("b")) }
        await #expect(throws: TenantsError.unknown) { try await store.resume(id("b")) }
    }

    @Test("A suspension by another process works when the memory of a few seconds is over")
    func suspendedElsewhere() async throws {
        let database = try await TestDatabase.sqlite(migrations: TenantStore.migrations)
        let (here, there) = (store(on: database), store(on: database))
        let tenant = try await here.ensure(id("a"), open: true).id
        try await there.suspend(tenant)
        // Remembered, so no look into the database.
        #expect(try await here.ensure(tenant, open: false).id == tenant)
        clock.advance(by: TenantsLimits().cacheTTL)
        await #expect(throws: TenantsError.suspended) { try await here.ensure(tenant, open: false) }
    }

    @Test("The limits are read from the settings")
    func limits() {
        let limits = TenantsLimits(
            reading: SettingsReader(.values(["ATELIER_TENANT_CACHE": "9", "ATELIER_TENANT_CACHE_TTL": "2s"])))
        #expect(limits.cacheEntries == 9)
        #expect(limits.cacheTTL == .seconds(2))
        let defaults = TenantsLimits(reading: SettingsReader(.empty))
        #expect(defaults.cacheEntries == 4_096)
        #expect(defaults.cacheTTL == .seconds(5))
    }
}
