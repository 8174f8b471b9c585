package import Logging

/// What the task at hand is about, put on every log record that it writes. For logs only: nothing decides by it.
package struct LogContext: Sendable, Hashable {
    package var requestID: String?
    package var tenant: String?
    package var job: String?

    package init(requestID: String? = nil, tenant: String? = nil, job: String? = nil) {
        self.requestID = requestID
        self.tenant = tenant
        self.job = job
    }

    /// The context of the current task. Set it with `LogContext.$current.withValue(…)`.
    @TaskLocal package static var current = LogContext()

    /// This context with the given parts in the place of its own.
    package func with(requestID: String? = nil, tenant: String? = nil, job: String? = nil) -> LogContext {
        LogContext(requestID: requestID ?? self.requestID, tenant: tenant ?? self.tenant, job: job ?? self.job)
    }

    /// `request_id`, `tenant` and `job`, as far as they are known.
    package var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if let requestID { metadata["request_id"] = .string(requestID) }
        if let tenant { metadata["tenant"] = .string(tenant) }
        if let job { metadata["job"] = .string(job) }
        return metadata
    }

    /// Gives the loggers the context of the task in which they are used.
    package static let metadataProvider = Logger.MetadataProvider { current.metadata }
}
