package import Engines
import Vocabulary

package enum ContentError: Error, Sendable {
    /// One bad field of a request.
    package struct Fault: Sendable, Hashable {
        /// JSON pointer: `/duration_seconds`.
        package var pointer: String
        package var detail: String

        package init(_ pointer: String, _ detail: String) {
            self.pointer = pointer
            self.detail = detail
        }
    }

    /// 400.
    case invalid([Fault])
    /// No engine had a result. The taxonomy says what a client is told.
    case engine(EngineError, attempts: [EngineAttempt])
    /// 404: absent, or someone else's.
    case jobNotFound(String)
    case assetNotFound(String)
    /// 409: the job's state doesn't allow it; which states do, in words.
    case jobState(ContentJobID, status: ContentJob.Status, detail: String)
    /// 429: the tenant has more unfinished jobs than it may.
    case tooManyJobs(limit: Int)
}
