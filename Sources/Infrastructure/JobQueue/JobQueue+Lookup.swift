package import Database

extension JobQueue {
    /// A condition for another room's query: whether a job with that unique key waits or runs. Costs one look into an
    /// index that holds live jobs only, whatever the backlog is.
    ///
    ///     SELECT … FROM films WHERE NOT \(JobQueue.hasLiveJob(uniqueKey: "films.id", tenant: "films.tenant_id"))
    ///
    /// - Parameters:
    ///   - uniqueKey: an expression of the outer query, its columns with the name of their table.
    ///   - tenant: likewise.
    package static func hasLiveJob(uniqueKey: SQL, tenant: SQL) -> SQL {
        """
        EXISTS (SELECT 1 FROM jobs AS live_job WHERE live_job.tenant_id = \(tenant)
        AND live_job.unique_key = \(uniqueKey) AND live_job.finished_at IS NULL)
        """
    }
}
