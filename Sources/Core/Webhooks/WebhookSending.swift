package import Database
import FoundationEssentials
import JobQueue
package import Vocabulary

// Messages, in the transaction of what they tell of.
extension Webhooks {
    /// Queues the event for each endpoint of the tenant that wants it.
    package func emit(
        _ event: WebhookEventType, tenant: TenantID, data: some Encodable, in transaction: any Transaction
    ) throws {
        let listening = try endpoints.listening(to: event, tenant, in: transaction)
        guard !listening.isEmpty else { return }
        let body = try Self.json(Envelope(type: event.rawValue, timestamp: surroundings.now(), data: data))
        for endpoint in listening {
            try queueDelivery(endpoint.id, endpoint.url, event, body, tenant, in: transaction)
        }
    }

    /// Queues a message to an address named in a request: `message` is the whole body. Signed with the tenant's own
    /// secret (`signingSecret`).
    package func send(
        _ message: some Encodable, event: WebhookEventType, to url: String, tenant: TenantID,
        in transaction: any Transaction
    ) throws {
        if try endpoints.ownSecrets(tenant, at: surroundings.now(), in: transaction) == nil {
            try setFirstOwnSecret(tenant, in: transaction)
        }
        try queueDelivery(nil, url, event, try Self.json(message), tenant, in: transaction)
    }

    @discardableResult
    func queueDelivery(
        _ endpoint: WebhookEndpointID?, _ url: String, _ event: WebhookEventType, _ body: String, _ tenant: TenantID,
        in transaction: any Transaction
    ) throws -> WebhookDelivery {
        let now = surroundings.now()
        let delivery = WebhookDelivery(
            id: surroundings.newID(), tenant: tenant, endpoint: endpoint, url: url, event: event.rawValue, body: body,
            status: .pending, attempts: [], nextAttemptAt: now, createdAt: now)
        try deliveryStore.insert(delivery, in: transaction)
        try enqueue(delivery, in: transaction)
        return delivery
    }

    func enqueue(_ delivery: WebhookDelivery, in transaction: any Transaction) throws {
        let payload = DeliveryPayload(delivery: delivery.id, address: WebhookURL.address(delivery.url))
        // What ends a delivery is its schedule, not a number of tries of the queue. The priority is that of the other
        // work: deliveries don't come before it.
        try queue.enqueue(
            NewJob(
                Self.deliver, tenant: delivery.tenant, payload: try Self.json(payload), uniqueKey: delivery.id.text,
                maximumAttempts: 1_000_000), in: transaction)
    }

    func setFirstOwnSecret(_ tenant: TenantID, in transaction: any Transaction) throws {
        try endpoints.setOwnSecret(
            tenant, to: StandardWebhookSignature.newSecret(surroundings), overlap: .zero, at: surroundings.now(),
            in: transaction)
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private struct Envelope<Contents: Encodable>: Encodable {
        var type: String
        var timestamp: Timestamp
        var data: Contents
    }
}
