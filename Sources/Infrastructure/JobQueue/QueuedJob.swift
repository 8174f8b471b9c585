import Database
package import Vocabulary

/// Where a job stands.
package enum JobState: String, Sendable, CaseIterable, Codable {
    /// Waits for a worker.
    case ready
    /// Waits for its moment.
    case sleeping
    /// A worker holds its lease.
    case running
    case completed
    /// Failed for good; can be queued again by hand.
    case failed
    case canceled

    package var isFinished: Bool {
        switch self {
        case .ready, .sleeping, .running: false
        case .completed, .failed, .canceled: true
        }
    }
}

extension JobState: SQLConvertible {}
extension JobKind: SQLConvertible {}

/// A row of the queue as operators see it.
package struct QueuedJob: Sendable, Hashable {
    package var id: QueuedJobID
    package var kind: JobKind
    package var tenant: TenantID?
    package var state: JobState
    package var priority: Int
    /// When it became ready, or is to.
    package var runAt: Timestamp
    /// Tries begun so far.
    package var attempt: Int
    package var maximumAttempts: Int
    /// The process that holds the lease.
    package var worker: String?
    package var leaseUntil: Timestamp?
    package var uniqueKey: String?
    /// Why the last try failed.
    package var reason: String?
    package var createdAt: Timestamp
    package var finishedAt: Timestamp?
    package var payload: String

    static let columns: SQL = """
        tenant_id, id, kind, state, priority, run_at, attempt, maximum_attempts, worker, lease_until, unique_key,
        reason, created_at, finished_at, payload
        """

    init(_ row: Row) throws {
        id = try row.get("id")
        kind = try row.get("kind")
        tenant = TenantID(try row.get("tenant_id", as: String.self))
        state = try row.get("state")
        priority = try row.get("priority")
        runAt = try row.get("run_at")
        attempt = try row.get("attempt")
        maximumAttempts = try row.get("maximum_attempts")
        worker = try row.getIfPresent("worker")
        leaseUntil = try row.getIfPresent("lease_until")
        uniqueKey = try row.getIfPresent("unique_key")
        reason = try row.getIfPresent("reason")
        createdAt = try row.get("created_at")
        finishedAt = try row.getIfPresent("finished_at")
        payload = try row.get("payload")
    }
}

/// How many jobs of a kind are in a state.
package struct JobCount: Sendable, Hashable {
    package var kind: JobKind
    package var state: JobState
    package var count: Int

    package init(kind: JobKind, state: JobState, count: Int) {
        self.kind = kind
        self.state = state
        self.count = count
    }
}

extension ClaimedJob {
    static let columns: SQL = """
        tenant_id, id, kind, payload, attempt, maximum_attempts, fence, created_at, run_at, priority, virtual_start
        """

    init(_ row: Row) throws {
        id = try row.get("id")
        kind = try row.get("kind")
        tenant = TenantID(try row.get("tenant_id", as: String.self))
        payload = try row.get("payload")
        attempt = try row.get("attempt")
        maximumAttempts = try row.get("maximum_attempts")
        fence = try row.get("fence")
        createdAt = try row.get("created_at")
        readyAt = try row.get("run_at")
    }

    /// The column of the tenant: empty for the machine's own.
    var owner: String { tenant?.name ?? "" }
}
