import Database
import JobQueue
import Logging
import ServiceLifecycle
import Synchronization
import TestKit
import Testing
import Vocabulary

/// A database that can be taken away.
private final class FlakyDatabase: Database {
    let base: any Database
    let isDown = Mutex(false)

    init(_ base: any Database) { self.base = base }

    private func check() throws {
        if isDown.withLock({ $0 }) { throw DatabaseError(.unavailable, "taken away") }
    }

    func read<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try check()
        return try await base.read(as: scope, body)
    }

    func write<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try check()
        return try await base.write(as: scope, body)
    }

    func migrate(_ migrations: [Migration]) async throws -> [Migration.ID] { try await base.migrate(migrations) }
    func notifications(on channel: Channel) -> AsyncStream<Void> { base.notifications(on: channel) }
    func ping() async throws { try await base.ping() }
}

@Suite("The job runner in trouble")
struct JobRunnerTroubleTests {
    @Test("errors of the database stop no loop, and it goes on when that is back") func flaky() async throws {
        let database = FlakyDatabase(try await TestDatabase.sqlite(migrations: JobQueue.migrations))
        var limits = JobQueueLimits()
        limits.pollBackstop = .milliseconds(20)
        limits.rescueEvery = .milliseconds(20)
        limits.heartbeat = .milliseconds(20)
        let queue = JobQueue(database: database, surroundings: .system, limits: limits)
        let done = Mutex(0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let kind = JobKind("test.work")
        let runner = JobRunner(
            queue: queue,
            handlers: [
                kind: { _ in
                    done.withLock { $0 += 1 }
                    return .complete
                }
            ], logger: logger)
        let group = ServiceGroup(services: [runner], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("it looked") { runner.lastLookedAt != nil }
            database.isDown.withLock { $0 = true }
            try await Task.sleep(for: .milliseconds(300))
            let looked = runner.lastLookedAt
            try await Task.sleep(for: .milliseconds(300))
            #expect(runner.lastLookedAt == looked)
            try await database.base.write(as: .system) { tx in
                _ = try queue.enqueue(NewJob(kind, tenant: nil), in: tx)
            }
            database.isDown.withLock { $0 = false }
            try await eventually("the job is done") { try await queue.counts().isEmpty && done.withLock { $0 } == 1 }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
