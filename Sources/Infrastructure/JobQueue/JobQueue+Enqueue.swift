package import Database
import Vocabulary

extension JobQueue {
    /// The priorities; others are clamped to them.
    package static let priorities = 0...9

    /// Queues a job: it is there when the transaction is.
    /// - Returns: nil when a job with its unique key waits or runs.
    /// - Throws: `JobQueueError.payloadTooLarge`; `DatabaseError` with code `.misuse` when the transaction is of
    ///   another tenant.
    @discardableResult
    package func enqueue(_ job: NewJob, in tx: any Transaction) throws -> QueuedJobID? {
        try enqueue([job], in: tx).first ?? nil
    }

    /// Queues many jobs, cheaper than one by one.
    /// - Returns: an id for each, nil where a job with its unique key waits or runs.
    /// - Throws: as for one; then none is queued.
    @discardableResult
    package func enqueue(_ jobs: [NewJob], in tx: any Transaction) throws -> [QueuedJobID?] {
        let now = surroundings.now()
        var ids: [QueuedJobID?] = Array(repeating: nil, count: jobs.count)
        var entries: [Entry] = []
        for (index, job) in jobs.enumerated() {
            try check(job, in: tx)
            if let key = job.uniqueKey, try isLive(key, owner: job.owner, in: tx) { continue }
            entries.append(Entry(index: index, job: job, id: surroundings.newID(), now: now))
        }
        try assignStarts(to: &entries, in: tx)
        let size = tx.dialect == .sqlite ? 1 : 50
        var soonest: Timestamp?
        for begin in stride(from: 0, to: entries.count, by: size) {
            let chunk = entries[begin..<min(begin + size, entries.count)]
            let inserted = try insert(chunk, now: now, in: tx)
            for entry in chunk where inserted.contains(entry.id) {
                ids[entry.index] = entry.id
                soonest = min(soonest ?? entry.runAt, entry.runAt)
            }
        }
        // What is due later than the backstop is seen by the look that comes before.
        if let soonest, soonest - now <= limits.pollBackstop { tx.notify(Self.channel) }
        return ids
    }

    private struct Entry {
        var index: Int
        var job: NewJob
        var id: QueuedJobID
        var runAt: Timestamp
        var isReady: Bool
        var start: Int64 = 0

        init(index: Int, job: NewJob, id: QueuedJobID, now: Timestamp) {
            self.index = index
            self.job = job
            self.id = id
            isReady = job.runAt.map { $0 <= now } ?? true
            runAt = isReady ? now : job.runAt ?? now
        }

        var share: FairShares.Share { .init(owner: job.owner, priority: job.clampedPriority, flow: .new) }
    }

    private func check(_ job: NewJob, in tx: any Transaction) throws {
        try checkPayload(job.payload)
        if case .tenant(let tenant) = tx.scope, job.tenant != tenant {
            throw DatabaseError(.misuse, "a job of another tenant in a tenant's transaction")
        }
    }

    func checkPayload(_ payload: String) throws {
        let bytes = payload.utf8.count
        guard bytes <= limits.payloadLimit else {
            throw JobQueueError.payloadTooLarge(bytes: bytes, limit: limits.payloadLimit)
        }
    }

    private func isLive(_ key: String, owner: String, in tx: any Transaction) throws -> Bool {
        try tx.first(
            "SELECT id FROM jobs WHERE tenant_id = \(owner) AND unique_key = \(key) AND finished_at IS NULL") != nil
    }

    /// Shares are taken in a fixed order, so that two transactions can't wait for each other.
    private func assignStarts(to entries: inout [Entry], in tx: any Transaction) throws {
        let ready = entries.indices.filter { entries[$0].isReady }
        let groups = Dictionary(grouping: ready) { entries[$0].share }
        for (share, members) in groups.sorted(by: { ($0.key.owner, $0.key.priority) < ($1.key.owner, $1.key.priority) })
        {
            let starts = try FairShares(tx: tx).take(members.count, of: share)
            for (place, member) in members.enumerated() { entries[member].start = starts[place] }
        }
    }

    private func insert(
        _ entries: ArraySlice<Entry>, now: Timestamp, in tx: any Transaction
    ) throws -> Set<QueuedJobID> {
        let rows = entries.map { entry -> SQL in
            let job = entry.job
            let state: JobState = entry.isReady ? .ready : .sleeping
            let attempts = max(job.maximumAttempts ?? limits.maximumAttempts, 1)
            return """
                (\(job.owner), \(entry.id), \(job.kind), \(state), \(job.clampedPriority), \(entry.start),
                \(entry.runAt), 0, \(attempts), 0, 0, \(job.uniqueKey), \(now), \(job.payload))
                """
        }
        let inserted = try tx.query(
            """
            INSERT INTO jobs (tenant_id, id, kind, state, priority, virtual_start, run_at,
            attempt, maximum_attempts, fence, woken, unique_key, created_at, payload)
            VALUES \(SQL.joined(rows, by: ", ")) ON CONFLICT DO NOTHING RETURNING id
            """)
        return Set(try inserted.map { try $0.get("id") })
    }
}

extension NewJob {
    var owner: String { tenant?.name ?? "" }

    var clampedPriority: Int {
        min(max(priority, JobQueue.priorities.lowerBound), JobQueue.priorities.upperBound)
    }
}
