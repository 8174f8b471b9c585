package import Database
import JobQueue
import Logging
import Synchronization
import TestKit
import Vocabulary

/// What the queue must do on any database: one function a behaviour, each on a database of its own. A function throws
/// `ExamFailure` when it fails.
package struct JobQueueExam: Sendable {
    private let makeDatabase: @Sendable () async throws -> any Database

    /// - Parameter makeDatabase: makes a fresh database with `JobQueue.migrations`.
    package init(makeDatabase: @escaping @Sendable () async throws -> any Database) { self.makeDatabase = makeDatabase }

    static let kind = JobKind("exam.work")
    static let other = JobKind("exam.other")
    static let acme = TenantID("acme")
    static let bolt = TenantID("bolt")

    /// A queue on a fresh database, whose clock the test moves.
    func bench(_ change: (inout JobQueueLimits) -> Void = { _ in }) async throws -> Bench {
        var limits = JobQueueLimits()
        change(&limits)
        let clock = TestClock()
        let queue = JobQueue(database: try await makeDatabase(), surroundings: clock.surroundings, limits: limits)
        return Bench(queue: queue, clock: clock)
    }
}

/// A queue and its clock, with the short forms that the exam uses.
struct Bench: Sendable {
    var queue: JobQueue
    let clock: TestClock

    var database: any Database { queue.database }

    @discardableResult
    func enqueue(_ job: NewJob) async throws -> QueuedJobID? {
        try await database.write(as: .system) { try queue.enqueue(job, in: $0) }
    }

    @discardableResult
    func enqueue(_ jobs: [NewJob]) async throws -> [QueuedJobID?] {
        try await database.write(as: .system) { try queue.enqueue(jobs, in: $0) }
    }

    /// Queues a job that is certainly taken.
    func add(_ job: NewJob = NewJob(JobQueueExam.kind, tenant: JobQueueExam.acme)) async throws -> QueuedJobID {
        guard let id = try await enqueue(job) else { throw ExamFailure("the job was not taken") }
        return id
    }

    func write(_ body: @escaping @Sendable (any Transaction) throws -> Void) async throws {
        try await database.write(as: .system, body)
    }

    func claim(_ limit: Int = 10, kinds: [JobKind] = [JobQueueExam.kind], worker: String = "w1") async throws
        -> [ClaimedJob]
    {
        try await queue.claim(kinds: kinds, limit: limit, worker: worker).jobs
    }

    func claimOne(worker: String = "w1") async throws -> ClaimedJob {
        guard let job = try await claim(1, worker: worker).first else { throw ExamFailure("nothing to claim") }
        return job
    }

    func job(_ id: QueuedJobID) async throws -> QueuedJob {
        guard let job = try await queue.show(id) else { throw ExamFailure("\(id) is gone") }
        return job
    }

    func state(_ id: QueuedJobID) async throws -> JobState { try await job(id).state }

    func expectLeaseLost(_ what: String, _ body: @escaping @Sendable (any Transaction) throws -> Void) async throws {
        do {
            try await database.write(as: .system, body)
        } catch JobQueueError.leaseLost {
            return
        }
        throw ExamFailure("\(what): the lease should be lost")
    }

    func runner(
        _ handlers: [JobKind: JobHandler], recurring: [RecurringJob] = [], caps: [JobKind: Int] = [:],
        change: (inout JobQueueLimits) -> Void = { _ in }
    ) -> JobRunner {
        var queue = queue
        var limits = queue.limits
        change(&limits)
        queue = JobQueue(database: queue.database, surroundings: queue.surroundings, limits: limits)
        let logger = Logger(label: "exam") { _ in SwiftLogNoOpLogHandler() }
        return JobRunner(queue: queue, handlers: handlers, recurring: recurring, caps: caps, logger: logger)
    }
}

/// Runs the runners while `body` runs, then stops them gracefully.
func running(_ runners: JobRunner..., body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for runner in runners { group.addTask { try await runner.run() } }
        do { try await body() } catch {
            group.cancelAll()
            throw error
        }
        for runner in runners { runner.stop() }
        try await group.waitForAll()
    }
}

/// Counts what handlers did.
final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    @discardableResult
    func add(_ name: String = "") -> Int {
        counts.withLock { counts in
            counts[name, default: 0] += 1
            return counts[name] ?? 0
        }
    }

    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
    var names: Int { counts.withLock { $0.count } }
    var highest: Int { counts.withLock { $0.values.max() ?? 0 } }
    func count(_ name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}

/// Holds handlers up until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    /// - Throws: `CancellationError` when the task is cancelled.
    func pass() async throws {
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// What the queue did otherwise than it must.
package struct ExamFailure: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

func expect(_ condition: Bool, _ what: String) throws {
    if !condition { throw ExamFailure(what) }
}

func expectEqual<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
    if found != expected { throw ExamFailure("\(what): \(found), should be \(expected)") }
}
