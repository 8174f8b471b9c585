package import Auth
package import Content
package import Database
package import Logging
package import ObjectStorage
package import Sealing
package import Tenants
package import Vocabulary
package import Webhooks

/// What the routes call. The composition root makes it once.
package struct WebAPIServices: Sendable {
    package var content: ContentService
    package var webhooks: Webhooks
    package var authenticator: Authenticator
    package var tenants: TenantStore
    package var keys: APIKeyStore
    /// Checks the links that the storage hands out; nil when it hands out links to somewhere else.
    package var linkSigner: ObjectLinkSigner?
    package var storage: any ObjectStorage
    package var database: any Database
    /// Seals what is kept of answers.
    package var box: SecretBox
    /// Whether this process's part of the queue runs, where it has one.
    package var isQueueReady: @Sendable () async -> Bool
    /// The metrics in Prometheus's text format.
    package var renderMetrics: @Sendable () -> String
    /// With which a renderer signs its `video-complete` calls; old ones stay for a while.
    package var callbackSecrets: [Secret]
    /// Whether a credential's tenant that doesn't exist is made on first use.
    package var openTenants: Bool
    package var version: String
    package var surroundings: Surroundings
    package var logger: Logger

    package init(
        content: ContentService, webhooks: Webhooks, authenticator: Authenticator, tenants: TenantStore,
        keys: APIKeyStore, linkSigner: ObjectLinkSigner?, storage: any ObjectStorage, database: any Database,
        box: SecretBox,
        isQueueReady: @escaping @Sendable () async -> Bool, renderMetrics: @escaping @Sendable () -> String,
        callbackSecrets: [Secret], openTenants: Bool, version: String, surroundings: Surroundings, logger: Logger
    ) {
        self.content = content
        self.webhooks = webhooks
        self.authenticator = authenticator
        self.tenants = tenants
        self.keys = keys
        self.linkSigner = linkSigner
        self.storage = storage
        self.database = database
        self.box = box
        self.isQueueReady = isQueueReady
        self.renderMetrics = renderMetrics
        self.callbackSecrets = callbackSecrets
        self.openTenants = openTenants
        self.version = version
        self.surroundings = surroundings
        self.logger = logger
    }
}

/// What all requests of a process share.
final class APIState: Sendable {
    let services: WebAPIServices
    let limits: WebAPILimits
    let rateLimiter: RateLimiter
    let gate: InFlightGate
    let idempotency: IdempotencyStore
    let origins: CrossOrigin
    let document: OpenAPIDocument

    init(services: WebAPIServices, limits: WebAPILimits, document: OpenAPIDocument) {
        self.services = services
        self.limits = limits
        self.document = document
        rateLimiter = RateLimiter(perMinute: limits.requestsPerMinute, maximumBuckets: limits.rateLimitTenants)
        gate = InFlightGate(limit: limits.requestsInFlight, tenantLimit: limits.tenantRequestsInFlight)
        origins = CrossOrigin(origins: limits.corsOrigins)
        idempotency = IdempotencyStore(
            database: services.database, box: services.box, surroundings: services.surroundings,
            lifetime: limits.idempotencyLifetime)
    }

    var now: Timestamp { services.surroundings.now() }
}
