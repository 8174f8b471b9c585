package import Database
package import Engines
package import JobQueue
package import Logging
package import ObjectStorage
package import Vocabulary
package import Webhooks

/// Prompt to asset: text and images at once, films and queued images as durable jobs.
package struct ContentService: Sendable {
    package let database: any Database
    package let storage: any ObjectStorage
    package let router: EngineRouter
    package let queue: JobQueue
    package let webhooks: Webhooks
    package let limits: ContentLimits
    package let surroundings: Surroundings
    package let logger: Logger

    package init(
        database: any Database, storage: any ObjectStorage, router: EngineRouter, queue: JobQueue, webhooks: Webhooks,
        limits: ContentLimits, surroundings: Surroundings, logger: Logger
    ) {
        self.database = database
        self.storage = storage
        self.router = router
        self.queue = queue
        self.webhooks = webhooks
        self.limits = limits
        self.surroundings = surroundings
        self.logger = logger
    }
}
