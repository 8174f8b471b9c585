package import Vocabulary

/// The id of a row in the queue. What tenants see as a job is the subject of another room, with an id of its own.
package enum QueuedJobKind: IDKind { package static let prefix = "qjob" }
package typealias QueuedJobID = TypeID<QueuedJobKind>

/// What a job is about, and so which handler runs it: `content.render`.
package struct JobKind: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ name: StaticString) { rawValue = name.description }
}

/// A job to be queued.
package struct NewJob: Sendable {
    package var kind: JobKind
    /// Whose work it is; nil for the machine's own.
    package var tenant: TenantID?
    /// JSON that the handler understands.
    package var payload: String
    /// 0 is served before 9.
    package var priority: Int
    /// Not before this moment; nil for at once.
    package var runAt: Timestamp?
    /// While a job with this key waits or runs, another one is not taken.
    package var uniqueKey: String?
    /// How often it may be tried; the queue's own limit when nil.
    package var maximumAttempts: Int?

    package init(
        _ kind: JobKind, tenant: TenantID?, payload: String = "{}", priority: Int = 5, runAt: Timestamp? = nil,
        uniqueKey: String? = nil, maximumAttempts: Int? = nil
    ) {
        self.kind = kind
        self.tenant = tenant
        self.payload = payload
        self.priority = priority
        self.runAt = runAt
        self.uniqueKey = uniqueKey
        self.maximumAttempts = maximumAttempts
    }
}

/// A job that this process has claimed. The fence tells a holder whose lease ran out from the present one.
package struct ClaimedJob: Sendable, Hashable {
    package var id: QueuedJobID
    package var kind: JobKind
    package var tenant: TenantID?
    package var payload: String
    /// 1 on the first try. A snooze doesn't count as a try.
    package var attempt: Int
    package var maximumAttempts: Int
    package var fence: Int64
    package var createdAt: Timestamp
    /// When it became ready to run, for measuring the pick-up.
    package var readyAt: Timestamp

    package init(
        id: QueuedJobID, kind: JobKind, tenant: TenantID?, payload: String, attempt: Int, maximumAttempts: Int,
        fence: Int64, createdAt: Timestamp, readyAt: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.tenant = tenant
        self.payload = payload
        self.attempt = attempt
        self.maximumAttempts = maximumAttempts
        self.fence = fence
        self.createdAt = createdAt
        self.readyAt = readyAt
    }

    package var isLastAttempt: Bool { attempt >= maximumAttempts }
}

/// What a handler says of a job when it returns.
package enum JobVerdict: Sendable, Hashable {
    /// The handler has already settled the job in a transaction of its own (`JobQueue.complete(_:in:)`, `snooze`, …).
    case settled
    /// Finished.
    case complete
    /// Give the worker back and run again at that moment. Not a failed try.
    case snooze(until: Timestamp)
    /// A failed try: again after the backoff, or failed for good when it was the last.
    case retry(reason: String)
    /// Failed for good.
    case fail(reason: String)
}

/// Runs jobs of one kind. An error thrown counts as `.retry`. Cancelled when the lease is lost or the process stops.
package typealias JobHandler = @Sendable (ClaimedJob) async throws -> JobVerdict
