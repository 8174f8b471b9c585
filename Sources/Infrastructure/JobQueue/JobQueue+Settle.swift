package import Database
package import Vocabulary

/// What the holder of a job does with it. Each throws `JobQueueError.leaseLost` when the job was rescued, cancelled or
/// finished by someone else since, so that the transaction around it is undone.
extension JobQueue {
    /// The longest reason kept, in characters.
    package static let reasonLimit = 2_000

    package func complete(_ job: ClaimedJob, in tx: any Transaction) throws {
        try settle(
            job,
            """
            state = 'completed', finished_at = \(surroundings.now()), reason = NULL, worker = NULL,
            lease_until = NULL
            """, in: tx)
    }

    /// Gives the worker back until `moment`. The try isn't counted, nor are those that failed before forgotten. A
    /// `wake` that came while the job ran makes it due at once.
    /// - Parameter payload: replaces the job's own, within the limit.
    package func snooze(
        _ job: ClaimedJob, until moment: Timestamp, in tx: any Transaction, payload: String? = nil
    ) throws {
        let payload = payload ?? job.payload
        try checkPayload(payload)
        try settle(
            job,
            """
            state = 'sleeping',
            run_at = CASE WHEN woken = 1 THEN CAST(\(surroundings.now()) AS BIGINT) ELSE CAST(\(moment) AS BIGINT) END,
            attempt = attempt - 1, payload = \(payload), worker = NULL, lease_until = NULL
            """, in: tx)
    }

    /// A failed try: again after the backoff, or failed for good when it was the last.
    /// - Returns: when it runs again; nil when it failed for good.
    @discardableResult
    package func retry(_ job: ClaimedJob, reason: String, in tx: any Transaction) throws -> Timestamp? {
        if job.isLastAttempt {
            try fail(job, reason: reason, in: tx)
            return nil
        }
        let wait = limits.backoff.delay(afterAttempt: job.attempt, fraction: surroundings.randomFraction())
        let moment = surroundings.now() + wait
        try settle(
            job,
            """
            state = 'sleeping', run_at = \(moment), reason = \(Self.clip(reason)), worker = NULL, lease_until = NULL
            """, in: tx)
        return moment
    }

    /// Failed for good.
    package func fail(_ job: ClaimedJob, reason: String, in tx: any Transaction) throws {
        try settle(
            job,
            """
            state = 'failed', finished_at = \(surroundings.now()), reason = \(Self.clip(reason)), worker = NULL,
            lease_until = NULL
            """, in: tx)
    }

    /// Shows that the job is still the holder's, for a transaction that leaves it running.
    package func confirm(_ job: ClaimedJob, in tx: any Transaction) throws {
        try settle(job, "worker = worker", in: tx)
    }

    /// Gives a job back untried, to the place that it had in the order.
    package func handBack(_ job: ClaimedJob, in tx: any Transaction) throws {
        try settle(job, "state = 'ready', attempt = attempt - 1, worker = NULL, lease_until = NULL", in: tx)
        tx.notify(Self.channel)
    }

    private func settle(_ job: ClaimedJob, _ assignments: SQL, in tx: any Transaction) throws {
        let changed = try tx.execute(
            """
            UPDATE jobs SET \(assignments)
            WHERE tenant_id = \(job.owner) AND id = \(job.id) AND fence = \(job.fence) AND state = 'running'
            """)
        guard changed == 1 else { throw JobQueueError.leaseLost(job.id) }
    }

    static func clip(_ reason: String) -> String { String(reason.prefix(reasonLimit)) }
}

/// What others than the holder do with a job.
extension JobQueue {
    /// Notified when a job that runs is cancelled.
    package static let cancellations = Channel("job_queue_cancel")

    /// Cancels a job that waits or runs; one that runs is told to stop, and can't be settled any more. A tenant's
    /// transaction reaches that tenant's jobs only.
    /// - Returns: false when there is no such job, or it has finished.
    @discardableResult
    package func cancel(_ id: QueuedJobID, in tx: any Transaction) throws -> Bool {
        var condition: SQL = "id = \(id)"
        if case .tenant(let tenant) = tx.scope { condition = "tenant_id = \(tenant) AND id = \(id)" }
        return try cancel(where: condition, in: tx)
    }

    /// Cancels the job that has this unique key, if it waits or runs.
    @discardableResult
    package func cancel(uniqueKey: String, tenant: TenantID?, in tx: any Transaction) throws -> Bool {
        try cancel(where: "tenant_id = \(tenant?.name ?? "") AND unique_key = \(uniqueKey)", in: tx)
    }

    private func cancel(where condition: SQL, in tx: any Transaction) throws -> Bool {
        let rows = try tx.query(
            """
            UPDATE jobs SET state = 'canceled', finished_at = \(surroundings.now()), lease_until = NULL
            WHERE \(condition) AND finished_at IS NULL RETURNING worker
            """)
        // Only a job that runs has a worker.
        if try rows.first?.getIfPresent("worker", as: String.self) != nil { tx.notify(Self.cancellations) }
        return !rows.isEmpty
    }

    /// Makes the sleeping job that has this unique key due now. One that runs will be due as soon as it snoozes.
    /// - Returns: false when no job with that key sleeps or runs.
    @discardableResult
    package func wake(uniqueKey: String, tenant: TenantID?, in tx: any Transaction) throws -> Bool {
        let now = surroundings.now()
        let changed = try tx.execute(
            """
            UPDATE jobs SET run_at = CASE WHEN state = 'sleeping' AND run_at > \(now) THEN \(now) ELSE run_at END,
            woken = CASE WHEN state = 'running' THEN 1 ELSE woken END
            WHERE tenant_id = \(tenant?.name ?? "") AND unique_key = \(uniqueKey) AND finished_at IS NULL
            AND state IN ('sleeping', 'running')
            """)
        if changed > 0 { tx.notify(Self.channel) }
        return changed > 0
    }
}
