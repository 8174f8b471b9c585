import Database
import Vocabulary

extension JobQueue {
    /// Extends the leases of what `worker` holds, in one statement.
    /// - Returns: those that it still holds; the others were rescued, cancelled or settled.
    package func renewLeases(_ held: [ClaimedJob], worker: String) async throws -> Set<HeldJob> {
        guard !held.isEmpty else { return [] }
        return try await database.write(as: .system) { tx in
            let rows = try tx.query(
                """
                UPDATE jobs SET lease_until = \(surroundings.now() + limits.lease)
                WHERE state = 'running' AND worker = \(worker) AND id IN \(SQL.list(held.map(\.id)))
                RETURNING id, fence
                """)
            return Set(try rows.map { HeldJob(id: try $0.get("id"), fence: try $0.get("fence")) })
        }
    }

    /// Takes jobs from workers that gave no sign of life for a lease: ready again, or failed after the last try.
    /// - Returns: how many.
    @discardableResult
    package func rescueExpired() async throws -> Int {
        // Nearly always there are none: a read keeps out of the writers' way.
        let isNeeded = try await database.read(as: .system) { tx in
            try tx.first(
                "SELECT id FROM jobs WHERE state = 'running' AND lease_until < \(surroundings.now()) LIMIT 1") != nil
        }
        guard isNeeded else { return 0 }
        return try await database.write(as: .system) { tx in
            let now = surroundings.now()
            let rows = try tx.query(
                """
                SELECT tenant_id, id, priority, run_at, attempt, maximum_attempts, worker FROM jobs
                WHERE state = 'running' AND lease_until < \(now)
                ORDER BY lease_until LIMIT \(limits.retentionBatch)\(tx.dialect.skippingLockedRows)
                """)
            var resumed: [ResumedJob] = []
            for row in rows {
                var job = try ResumedJob(row)
                job.runAt = now
                if try row.get("attempt", as: Int.self) < row.get("maximum_attempts") {
                    resumed.append(job)
                } else {
                    let worker = try row.getIfPresent("worker", as: String.self) ?? ""
                    try giveUp(
                        job, reason: "the worker \(worker) died, or lost the database, during the last try", in: tx)
                }
            }
            try resume(resumed, in: tx)
            if !resumed.isEmpty { tx.notify(Self.channel) }
            return rows.count
        }
    }

    private func giveUp(_ job: ResumedJob, reason: String, in tx: any Transaction) throws {
        try tx.execute(
            """
            UPDATE jobs SET state = 'failed', finished_at = \(surroundings.now()), reason = \(Self.clip(reason)),
            worker = NULL, lease_until = NULL WHERE tenant_id = \(job.owner) AND id = \(job.id)
            """)
    }

    /// Deletes finished jobs that are older than the retention, up to the limit of a batch.
    /// - Returns: how many; when it equals the limit, there may be more.
    @discardableResult
    package func deleteFinished() async throws -> Int {
        try await database.write(as: .system) { tx in
            let deleted = try tx.execute(
                """
                DELETE FROM jobs WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM jobs
                WHERE finished_at IS NOT NULL AND finished_at < \(surroundings.now() - limits.retention)
                ORDER BY finished_at LIMIT \(limits.retentionBatch)\(tx.dialect.skippingLockedRows))
                """)
            if deleted < limits.retentionBatch { try FairShares(tx: tx).forgetPast() }
            return deleted
        }
    }

    /// Queues a recurring job if no process has done so in this slot of time.
    /// - Returns: whether it was queued; not when the one of a former slot still waits or runs.
    package func enqueueSlot(of job: RecurringJob) async throws -> Bool {
        try await database.write(as: .system) { tx in
            let slot = job.slot(at: surroundings.now())
            let taken = try tx.execute(
                """
                INSERT INTO job_slots (name, slot) VALUES (\(job.kind), \(slot))
                ON CONFLICT (name) DO UPDATE SET slot = excluded.slot WHERE job_slots.slot < excluded.slot
                """)
            guard taken > 0 else { return false }
            let new = NewJob(job.kind, tenant: nil, payload: job.payload, uniqueKey: "recurring:\(job.kind.rawValue)")
            return try enqueue(new, in: tx) != nil
        }
    }
}

/// Tells one holding of a job from a later one.
package struct HeldJob: Hashable, Sendable {
    package var id: QueuedJobID
    package var fence: Int64

    package init(id: QueuedJobID, fence: Int64) {
        self.id = id
        self.fence = fence
    }
}

extension ClaimedJob {
    var holding: HeldJob { HeldJob(id: id, fence: fence) }
}

/// A job that is queued once in every slot of time, by whichever process comes first.
package struct RecurringJob: Sendable, Hashable {
    package var kind: JobKind
    /// The length of a slot; at least a millisecond. Slots are counted from 1970.
    package var every: Duration
    package var payload: String

    package init(kind: JobKind, every: Duration, payload: String = "{}") {
        self.kind = kind
        self.every = max(every, .milliseconds(1))
        self.payload = payload
    }

    func slot(at moment: Timestamp) -> Int64 { moment.microseconds / every.wholeMicroseconds }
}
