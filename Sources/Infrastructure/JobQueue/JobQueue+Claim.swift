import Database
package import Vocabulary

/// What a look at the queue brought.
package struct JobClaim: Sendable {
    /// In the order in which they are to be served.
    package var jobs: [ClaimedJob]
    /// When the next sleeping job is due, if any sleeps.
    package var nextDue: Timestamp?
}

extension JobQueue {
    /// Wakes the sleeping jobs that are due, and leases up to `limit` ready ones of those kinds to `worker`.
    /// - Parameter atMost: how many of a kind, for those of which fewer are wanted.
    package func claim(
        kinds: [JobKind], limit: Int, atMost: [JobKind: Int] = [:], worker: String
    ) async throws -> JobClaim {
        try await database.write(as: .system) { tx in
            let woken = try promoteDue(in: tx)
            let jobs = try claimReady(kinds: kinds, limit: limit, atMost: atMost, worker: worker, in: tx)
            let taken = jobs.reduce(into: [JobKind: Int]()) { $0[$1.kind, default: 0] += 1 }
            // What this process woke and doesn't take may be for another, which has slept through its moment.
            let leaves =
                jobs.count == limit
                || woken.contains { kind in
                    !kinds.contains(kind) || atMost[kind].map { taken[kind, default: 0] >= $0 } ?? false
                }
            if !woken.isEmpty, leaves { tx.notify(Self.channel) }
            return JobClaim(jobs: jobs, nextDue: try nextDue(in: tx))
        }
    }

    /// Makes sleeping jobs ready whose moment has come, up to the limit of a batch.
    /// - Returns: their kinds.
    func promoteDue(in tx: any Transaction) throws -> [JobKind] {
        let due = try tx.query(
            """
            SELECT tenant_id, id, priority, kind, run_at FROM jobs
            WHERE state = 'sleeping' AND run_at <= \(surroundings.now())
            ORDER BY run_at LIMIT \(limits.promoteBatch)\(tx.dialect.skippingLockedRows)
            """)
        guard !due.isEmpty else { return [] }
        try resume(try due.map(ResumedJob.init), in: tx)
        return try due.map { try $0.get("kind") }
    }

    private func nextDue(in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT run_at FROM jobs WHERE state = 'sleeping' ORDER BY run_at LIMIT 1")?.get("run_at")
    }

    /// One statement, which reads at most `limit` entries of the ready index for each kind, or as many as are wanted
    /// of that kind.
    static func claimStatement(
        kinds: [JobKind], limit: Int, atMost: [JobKind: Int] = [:], worker: String, leaseUntil: Timestamp,
        dialect: Dialect
    ) -> SQL {
        let lanes = kinds.map { kind -> SQL in
            """
            SELECT * FROM (
            SELECT tenant_id AS picked_tenant, id AS picked_id, priority AS picked_priority,
            virtual_start AS picked_start FROM jobs WHERE state = 'ready' AND kind = \(kind)
            ORDER BY priority, virtual_start, id
            LIMIT \(min(limit, atMost[kind] ?? limit))\(dialect.skippingLockedRows)) AS lane
            """
        }
        return """
            WITH picked AS MATERIALIZED (
            SELECT picked_tenant, picked_id FROM (\(SQL.joined(lanes, by: " UNION ALL "))) AS lanes
            ORDER BY picked_priority, picked_start, picked_id LIMIT \(limit))
            UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1, woken = 0,
            worker = \(worker), lease_until = \(leaseUntil)
            FROM picked WHERE tenant_id = picked_tenant AND id = picked_id
            RETURNING \(ClaimedJob.columns)
            """
    }

    private func claimReady(
        kinds: [JobKind], limit: Int, atMost: [JobKind: Int], worker: String, in tx: any Transaction
    ) throws -> [ClaimedJob] {
        guard !kinds.isEmpty, limit > 0 else { return [] }
        let rows = try tx.query(
            Self.claimStatement(
                kinds: kinds, limit: limit, atMost: atMost, worker: worker,
                leaseUntil: surroundings.now() + limits.lease, dialect: tx.dialect))
        let places = try rows.map { row in
            Place(
                job: try ClaimedJob(row), priority: try row.get("priority"), start: try row.get("virtual_start"))
        }
        for (priority, members) in Dictionary(grouping: places, by: \.priority).sorted(by: { $0.key < $1.key }) {
            let highest = members.map(\.start).max() ?? 0
            try FairShares(tx: tx).advance(priority: priority, to: highest)
        }
        return places.sorted { ($0.priority, $0.start, $0.job.id) < ($1.priority, $1.start, $1.job.id) }.map(\.job)
    }

    private struct Place {
        var job: ClaimedJob
        var priority: Int
        var start: Int64
    }
}

/// A job that comes back to be served.
struct ResumedJob {
    var owner: String
    var id: QueuedJobID
    var priority: Int
    var runAt: Timestamp

    init(_ row: Row) throws {
        owner = try row.get("tenant_id")
        id = try row.get("id")
        priority = try row.get("priority")
        runAt = try row.get("run_at")
    }
}

extension JobQueue {
    /// Makes jobs ready that sleep or whose lease has expired: each joins the flow of its tenant's resumed jobs.
    func resume(_ jobs: [ResumedJob], in tx: any Transaction) throws {
        let groups = Dictionary(grouping: jobs) {
            FairShares.Share(owner: $0.owner, priority: $0.priority, flow: .resumed)
        }
        for (share, members) in groups.sorted(by: { ($0.key.owner, $0.key.priority) < ($1.key.owner, $1.key.priority) })
        {
            let starts = try FairShares(tx: tx).take(members.count, of: share)
            for (place, job) in members.enumerated() {
                try tx.execute(
                    """
                    UPDATE jobs SET state = 'ready', virtual_start = \(starts[place]), run_at = \(job.runAt),
                    worker = NULL, lease_until = NULL WHERE tenant_id = \(job.owner) AND id = \(job.id)
                    """)
            }
        }
    }
}
