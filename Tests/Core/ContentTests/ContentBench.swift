import Content
import Database
import DatabaseSQLite
import Egress
import Engines
import JobQueue
import Logging
import ObjectStorage
import Sealing
import Settings
import TestKit
import Testing
import Vocabulary
import Webhooks

/// The room with everything below it for real: SQLite, files, the queue with its runner; and engines of the test's
/// choice.
struct ContentBench: Sendable {
    let database: SQLiteDatabase
    let storage: FileObjectStorage
    let queue: JobQueue
    let webhooks: Webhooks
    let content: ContentService
    let egress: Egress
    private let folder: TemporaryFolder
    private let logger: Logger

    init(
        engines: [any Engine] = [], sandbox: SandboxLimits = .quick, engineLimits: EngineLimits = EngineLimits(),
        succession: Succession = .serve, surroundings: Surroundings = .system,
        adjust: (inout ContentLimits) -> Void = { _ in }
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.logger = logger
        folder = try TemporaryFolder()
        database = try await TestDatabase.sqlite(
            migrations: JobQueue.migrations + Webhooks.migrations + ContentService.migrations)
        storage = try FileObjectStorage(
            root: folder.file("objects"),
            linkSigner: ObjectLinkSigner(secret: Array("a secret of the test".utf8), publicURL: "http://test"),
            surroundings: surroundings)
        var queueLimits = JobQueueLimits()
        queueLimits.backoffFirst = .milliseconds(20)
        queue = JobQueue(database: database, surroundings: surroundings, limits: queueLimits)
        egress = Egress(
            limits: EgressLimits(reading: SettingsReader(.values(["ATELIER_EGRESS_ALLOW": "127.0.0.0/8"]))),
            surroundings: .system, logger: logger)
        var webhookLimits = WebhookLimits()
        webhookLimits.retries = [.milliseconds(50), .milliseconds(100), .milliseconds(200), .seconds(1), .seconds(2)]
        webhooks = Webhooks(
            database: database, queue: queue, egress: egress,
            box: SecretBox(masterKey: Secret(String(repeating: "m", count: 32)), surroundings: .system),
            limits: webhookLimits, surroundings: surroundings, logger: logger)
        var limits = ContentLimits()
        limits.firstPoll = .milliseconds(10)
        limits.pollInterval = .milliseconds(100)
        adjust(&limits)
        let router = EngineRouter(
            engines: engines, sandbox: Sandbox(limits: sandbox), succession: succession, limits: engineLimits,
            logger: logger)
        content = ContentService(
            database: database, storage: storage, router: router, queue: queue, webhooks: webhooks, limits: limits,
            surroundings: surroundings, logger: logger)
    }

    /// Runs `body` while a worker runs.
    func working<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let runner = JobRunner(
            queue: queue, handlers: content.handlers.merging(webhooks.handlers) { first, _ in first }, logger: logger)
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

    /// Runs the recurring upkeep once, by hand.
    func sweep() async throws {
        let kind = JobKind("content.sweep")
        let job = ClaimedJob(
            id: Surroundings.system.newID(), kind: kind, tenant: nil, payload: "{}", attempt: 1, maximumAttempts: 1,
            fence: 1, createdAt: .system(), readyAt: .system())
        _ = try await content.handlers[kind]?(job)
    }

    /// Waits until the job is there.
    @discardableResult
    func wait(
        _ tenant: TenantID, _ id: ContentJobID, within limit: Duration = .seconds(30),
        until condition: @escaping @Sendable (ContentJob) -> Bool = { $0.status.isFinal }
    ) async throws -> ContentJob {
        try await eventually(within: limit, "the job is there") { condition(try await content.job(tenant, id)) }
        return try await content.job(tenant, id)
    }
}

extension SandboxLimits {
    /// Films at once.
    static var quick: SandboxLimits {
        var limits = SandboxLimits()
        limits.renderTime = .milliseconds(50)
        return limits
    }
}

extension Caller {
    init(_ tenant: TenantID, fault: String? = nil, suffix: String? = nil) {
        self.init(tenant: tenant, requestID: "req-test", sandboxFault: fault, creationSuffix: suffix)
    }
}

func tenant(_ name: String) throws -> TenantID {
    try #require(TenantID(name))
}
