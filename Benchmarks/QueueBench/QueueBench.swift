import Database
import DatabaseSQLite
import Glibc
import JobQueue
import Logging
import Synchronization
import Vocabulary

/// How many durable jobs that do nothing one process gets through a second, with the limits that the service has.
///
/// `QueueBench FOLDER JOBS` makes its database in FOLDER, which is to be empty, and writes one line of JSON.
@main
struct QueueBench {
    private static let kind = JobKind("bench.nothing")
    private static let tenants = 10
    private static let batch = 100

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let jobs = Int(arguments[2]), jobs > 0 else {
            return complain("usage: QueueBench FOLDER JOBS", code: 64)
        }
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let database = try SQLiteDatabase.open(path: "\(arguments[1])/bench.db", logger: logger)
        let queue = JobQueue(database: database, surroundings: .system, limits: JobQueueLimits())
        try await database.migrate(JobQueue.migrations)
        let enqueue = try await ContinuousClock().measure { try await fill(queue, with: jobs) }
        let drain = try await ContinuousClock().measure { try await work(queue, off: jobs, logger: logger) }
        try await database.close()
        print("{\"enqueue\": \(rate(jobs, enqueue)), \"drain\": \(rate(jobs, drain))}")
    }

    private static func complain(_ sentence: String, code: Int32) {
        let line = Array((sentence + "\n").utf8)
        _ = write(STDERR_FILENO, line, line.count)
        exit(code)
    }

    private static func rate(_ jobs: Int, _ duration: Duration) -> Int {
        Int(Double(jobs) / duration.fractionalSeconds)
    }

    private static func fill(_ queue: JobQueue, with jobs: Int) async throws {
        let payload = "{\"text\": \"\(String(repeating: "x", count: 190))\"}"
        for first in stride(from: 0, to: jobs, by: batch) {
            try await queue.database.write(as: .system) { transaction in
                let new = (first..<min(first + batch, jobs)).map { number in
                    NewJob(kind, tenant: TenantID("tenant-\(number % tenants)"), payload: payload)
                }
                try queue.enqueue(new, in: transaction)
            }
        }
    }

    /// Until the last job is settled.
    private static func work(_ queue: JobQueue, off jobs: Int, logger: Logger) async throws {
        let left = Counter(jobs)
        let (last, seesLast) = AsyncStream.makeStream(of: Void.self)
        let handler: JobHandler = { _ in
            if left.countDown() == 0 { seesLast.finish() }
            return .complete
        }
        let runner = JobRunner(queue: queue, handlers: [kind: handler], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            for await _ in last {}
            runner.stop()
            try await group.waitForAll()
        }
        let open = try await queue.counts().reduce(0) { $0 + $1.count }
        guard open == 0 else {
            return complain("\(open) jobs are left", code: 1)
        }
    }

    private final class Counter: Sendable {
        private let value: Atomic<Int>

        init(_ value: Int) { self.value = Atomic(value) }

        func countDown() -> Int { value.subtract(1, ordering: .relaxed).newValue }
    }
}
