import Database
import Egress
import JobQueue
import Logging
import Sealing
import Settings
import TestKit
import Testing
import Vocabulary
import Webhooks

/// The room with a real database, the queue's runner, and the way out, which may reach loopback.
struct WebhooksBench: Sendable {
    let database: CountingDatabase
    let queue: JobQueue
    let webhooks: Webhooks
    let clock: TestClock?
    private let egress: Egress
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(allow: String = "127.0.0.0/8", clock: TestClock? = nil, adjust: (inout WebhookLimits) -> Void = { _ in })
        async throws
    {
        let surroundings = clock?.surroundings ?? .system
        self.clock = clock
        database = CountingDatabase(
            try await TestDatabase.sqlite(migrations: JobQueue.migrations + Webhooks.migrations))
        queue = JobQueue(database: database, surroundings: surroundings, limits: JobQueueLimits())
        egress = Egress(
            limits: EgressLimits(reading: SettingsReader(.values(["ATELIER_EGRESS_ALLOW": allow]))),
            surroundings: .system, logger: logger)
        var limits = WebhookLimits()
        limits.retries = Array(repeating: .milliseconds(30), count: 6)
        adjust(&limits)
        webhooks = Webhooks(
            database: database, queue: queue, egress: egress,
            box: SecretBox(masterKey: Secret(String(repeating: "m", count: 32)), surroundings: .system), limits: limits,
            surroundings: surroundings, logger: logger)
    }

    func working<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let runner = JobRunner(queue: queue, handlers: webhooks.handlers, caps: webhooks.caps, logger: logger)
        let result: Result<Value, any Error> = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            runner.stop()
            try await group.waitForAll()
            return result
        }
        await egress.shutdown()
        return try result.get()
    }

    func emit(_ event: WebhookEventType, _ tenant: TenantID, _ data: [String: String] = ["a": "b"]) async throws {
        try await database.write(as: tenant) { [webhooks] in
            try webhooks.emit(event, tenant: tenant, data: data, in: $0)
        }
    }

    func deliveries(_ tenant: TenantID) async throws -> [WebhookDelivery] {
        try await webhooks.deliveries(tenant, endpoint: nil, status: nil, PageRequest()).items
    }

    /// Waits until every delivery of the tenant has ended.
    func settled(_ tenant: TenantID, count: Int) async throws -> [WebhookDelivery] {
        try await eventually("deliveries end") {
            let all = try await deliveries(tenant)
            return all.count == count && all.allSatisfy { $0.status != .pending }
        }
        return try await deliveries(tenant)
    }
}

func tenant(_ name: String) throws -> TenantID { try #require(TenantID(name)) }
