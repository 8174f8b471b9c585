package import Database
package import Vocabulary

/// Durable jobs on the database: what is queued in a transaction is there when the transaction is.
///
/// Claims share fairly between tenants: each job gets a virtual start time when it is queued (weighted fair queuing),
/// which is one column of the index that claims walk, so that a backlog delays only its own tenant.
package struct JobQueue: Sendable {
    /// Notified whenever a job becomes ready.
    package static let channel = Channel("job_queue")

    package let database: any Database
    package let surroundings: Surroundings
    package let limits: JobQueueLimits

    package init(database: any Database, surroundings: Surroundings, limits: JobQueueLimits) {
        self.database = database
        self.surroundings = surroundings
        self.limits = limits
    }
}
