package import Content
package import JobQueue
import WebAPI
package import Webhooks

/// Every kind of job that there is, with its handler.
package struct Worker: Sendable {
    package let handlers: [JobKind: JobHandler]
    package let recurring: [RecurringJob]
    /// How many jobs of a kind one process runs at once, for kinds that may not take every worker.
    package let caps: [JobKind: Int]

    /// - Parameter idempotencyPurge: the handler of `WebAPI.purgeIdempotencyKeys`.
    package init(content: ContentService, webhooks: Webhooks, idempotencyPurge: @escaping JobHandler) {
        handlers = [content.handlers, webhooks.handlers, [WebAPI.purgeIdempotencyKeys: idempotencyPurge]]
            .reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
        caps = content.caps.merging(webhooks.caps) { first, _ in first }
        recurring =
            content.recurring + webhooks.recurring
            + [RecurringJob(kind: WebAPI.purgeIdempotencyKeys, every: .seconds(300))]
    }
}
