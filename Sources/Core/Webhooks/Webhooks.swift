package import Database
package import Egress
package import JobQueue
package import Logging
package import Sealing
package import Vocabulary

/// Tenants' endpoints, and messages to them that can't be lost: the row of a delivery is written in the transaction
/// that makes the event true, and a queued job sends it.
package struct Webhooks: Sendable {
    let database: any Database
    let queue: JobQueue
    let egress: Egress
    let box: SecretBox
    package let limits: WebhookLimits
    let surroundings: Surroundings
    let logger: Logger
    let gate: DeliveryGate

    package init(
        database: any Database, queue: JobQueue, egress: Egress, box: SecretBox, limits: WebhookLimits,
        surroundings: Surroundings, logger: Logger
    ) {
        self.database = database
        self.queue = queue
        self.egress = egress
        self.box = box
        self.limits = limits
        self.surroundings = surroundings
        self.logger = logger
        gate = DeliveryGate(
            limits: DeliveryLanes.Limits(
                perAddress: limits.concurrency,
                perTenant: max(Self.workers(limits, queue) / 2, 1), longestWait: limits.longestWait))
    }

    var endpoints: WebhookEndpointStore { WebhookEndpointStore(box: box) }
    var deliveryStore: WebhookDeliveryStore { WebhookDeliveryStore() }

    /// The longest time between an event and the last try to tell of it. What a message links to must live that long.
    package var longestSchedule: Duration { limits.longestSchedule }

    /// Whether a tenant may name that URL. Whether its address may be reached is judged when it is called.
    package func isAcceptable(_ url: String) -> Bool { WebhookURL.fault(url) == nil }
}
