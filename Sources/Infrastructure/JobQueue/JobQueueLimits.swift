package import Settings
package import Vocabulary

/// How many jobs run at once, how long a dead worker holds one, and how long finished ones are kept.
package struct JobQueueLimits: Sendable, Hashable {
    /// Jobs that one process runs at once.
    package var workers = 64
    /// How long a claimed job belongs to its worker without a heartbeat.
    package var lease: Duration = .seconds(6)
    /// How often a process renews the leases of all its jobs.
    package var heartbeat: Duration = .seconds(2)
    /// How often expired leases are looked for.
    package var rescueEvery: Duration = .seconds(1)
    /// How long a process with free workers goes without looking, if nothing wakes it.
    package var pollBackstop: Duration = .seconds(5)
    /// Jobs claimed by one statement, at most.
    package var claimBatch = 32
    /// How often a job is tried when it doesn't say.
    package var maximumAttempts = 20
    /// The wait after the first failed try; it doubles with each further one.
    package var backoffFirst: Duration = .seconds(1)
    /// The longest wait between two tries.
    package var backoffMost: Duration = .seconds(15 * 60)
    /// The largest payload, in bytes of UTF-8.
    package var payloadLimit = 256 << 10
    /// How long finished rows are kept.
    package var retention: Duration = .seconds(24 * 3600)
    /// How often finished rows past that are looked for.
    package var retentionEvery: Duration = .seconds(60)
    /// Rows deleted, or rescued, by one transaction, at most.
    package var retentionBatch = 1000
    /// Sleeping jobs made ready by one transaction, at most.
    package var promoteBatch = 500
    /// How long running jobs may go on after the process is told to stop.
    package var grace: Duration = .seconds(20)

    package init() {}

    package init(reading reader: SettingsReader) {
        workers = reader.integer(
            "ATELIER_QUEUE_WORKERS", default: workers, in: 1...10_000, "Queue: jobs that one process runs at once")
        claimBatch = reader.integer(
            "ATELIER_QUEUE_CLAIM_BATCH", default: claimBatch, in: 1...1_000, "Queue: jobs claimed by one statement")
        maximumAttempts = reader.integer(
            "ATELIER_QUEUE_MAXIMUM_ATTEMPTS", default: maximumAttempts, in: 1...1_000, "Queue: tries of a job")
        payloadLimit = reader.bytes(
            "ATELIER_QUEUE_PAYLOAD_LIMIT", default: payloadLimit, in: 1024...(64 << 20),
            "Queue: largest payload of a job")
        retentionBatch = reader.integer(
            "ATELIER_QUEUE_RETENTION_BATCH", default: retentionBatch, in: 1...100_000,
            "Queue: rows deleted or rescued by one transaction")
        promoteBatch = reader.integer(
            "ATELIER_QUEUE_PROMOTE_BATCH", default: promoteBatch, in: 1...10_000,
            "Queue: sleeping jobs made ready by one transaction")
        readDurations(reader)
    }

    private mutating func readDurations(_ reader: SettingsReader) {
        lease = reader.duration(
            "ATELIER_QUEUE_LEASE", default: lease, in: .milliseconds(100) ... .seconds(3600),
            "Queue: how long a claimed job belongs to a worker that gives no sign of life")
        heartbeat = reader.duration(
            "ATELIER_QUEUE_HEARTBEAT", default: heartbeat, in: .milliseconds(10) ... .seconds(600),
            "Queue: how often leases are renewed; at most half of the lease")
        if heartbeat * 2 > lease {
            reader.refuse("ATELIER_QUEUE_HEARTBEAT", allowed: "at most half of ATELIER_QUEUE_LEASE")
        }
        rescueEvery = reader.duration(
            "ATELIER_QUEUE_RESCUE_EVERY", default: rescueEvery, in: .milliseconds(10) ... .seconds(600),
            "Queue: how often expired leases are looked for")
        pollBackstop = reader.duration(
            "ATELIER_QUEUE_POLL_BACKSTOP", default: pollBackstop, in: .milliseconds(10) ... .seconds(600),
            "Queue: how long free workers go without looking, if nothing wakes them")
        backoffFirst = reader.duration(
            "ATELIER_QUEUE_BACKOFF_FIRST", default: backoffFirst, in: .milliseconds(1) ... .seconds(3600),
            "Queue: the wait after the first failed try")
        backoffMost = reader.duration(
            "ATELIER_QUEUE_BACKOFF_MOST", default: backoffMost, in: .milliseconds(1) ... .seconds(7 * 86_400),
            "Queue: the longest wait between two tries")
        retention = reader.duration(
            "ATELIER_QUEUE_RETENTION", default: retention, in: .seconds(1) ... .seconds(366 * 86_400),
            "Queue: how long finished jobs are kept")
        retentionEvery = reader.duration(
            "ATELIER_QUEUE_RETENTION_EVERY", default: retentionEvery, in: .milliseconds(10) ... .seconds(86_400),
            "Queue: how often finished jobs past that are deleted")
        grace = reader.duration(
            "ATELIER_QUEUE_GRACE", default: grace, in: .zero ... .seconds(3600),
            "Queue: how long running jobs may go on after the process is told to stop")
    }

    /// The waits between the tries of a job.
    package var backoff: Backoff { Backoff(first: backoffFirst, most: backoffMost) }
}
