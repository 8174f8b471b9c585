import Database
import Egress
import FoundationEssentials
import HTTPTypes
package import JobQueue
import Logging
import Vocabulary

// What the worker does for this room.
extension Webhooks {
    /// Sends one delivery. Payload: `{"delivery": id}`.
    package static let deliver = JobKind("webhooks.deliver")
    static let purge = JobKind("webhooks.purge")

    package var handlers: [JobKind: JobHandler] {
        [
            Self.deliver: { [self] in try await deliver($0) },
            Self.purge: { [self] _ in
                try await purgeEnded()
                return .complete
            },
        ]
    }

    package var recurring: [RecurringJob] { [RecurringJob(kind: Self.purge, every: .seconds(300))] }

    private struct Payload: Codable {
        var delivery: WebhookDeliveryID
    }

    private struct Message: Sendable {
        var delivery: WebhookDelivery
        var tries: Int
        var secrets: [Secret]
        var endpoint: WebhookEndpoint?
    }

    private func deliver(_ claimed: ClaimedJob) async throws -> JobVerdict {
        guard let tenant = claimed.tenant,
            let id = try? JSONDecoder().decode(Payload.self, from: Data(claimed.payload.utf8)).delivery
        else { return .fail(reason: "no such payload") }
        let now = surroundings.now()
        let found = try await database.write(as: tenant) { [self] in try message(tenant, id, at: now, in: $0) }
        guard let message = found, message.delivery.status == .pending else { return .complete }
        if message.delivery.endpoint != nil, message.endpoint?.isEnabled != true {
            let attempt = WebhookDelivery.Attempt(
                at: now, status: nil, error: "the endpoint was disabled or deleted", milliseconds: 0)
            return try await settle(claimed, tenant, id, attempt, .gone)
        }
        let address = WebhookURL.address(message.delivery.url)
        guard gate.enter(address) else {
            return .snooze(until: now + .milliseconds(200 + Int64(surroundings.randomFraction() * 800)))
        }
        defer { gate.leave(address) }
        let (attempt, outcome) = try await call(message)
        return try await settle(claimed, tenant, id, attempt, outcome)
    }

    private func message(
        _ tenant: TenantID, _ id: WebhookDeliveryID, at now: Timestamp, in transaction: any Transaction
    ) throws -> Message? {
        guard let (delivery, tries) = try deliveryStore.find(tenant, id, in: transaction) else { return nil }
        if let endpoint = delivery.endpoint {
            return Message(
                delivery: delivery, tries: tries,
                secrets: try endpoints.secrets(of: endpoint, tenant, at: now, in: transaction),
                endpoint: try endpoints.find(tenant, endpoint, in: transaction))
        }
        let own = try endpoints.ownSecrets(tenant, at: now, in: transaction) ?? []
        return Message(delivery: delivery, tries: tries, secrets: own, endpoint: nil)
    }

    private enum Outcome: Sendable {
        case delivered
        case again(notBefore: Duration?)
        /// The receiver wants no more of it: 410, or no endpoint any more.
        case gone
    }

    private func call(_ message: Message) async throws -> (WebhookDelivery.Attempt, Outcome) {
        let begun = surroundings.now()
        let delivery = message.delivery
        let body = Array(delivery.body.utf8)
        var headers = HTTPFields()
        headers[.contentType] = "application/json"
        headers[.userAgent] = "Atelier-Webhooks/1"
        for (name, value) in [
            ("webhook-id", delivery.id.text), ("webhook-timestamp", String(begun.seconds)),
            (
                "webhook-signature",
                StandardWebhookSignature.sign(
                    id: delivery.id.text, timestamp: begun.seconds, body: body, secrets: message.secrets)
            ),
        ] {
            if let field = HTTPField.Name(name) { headers[field] = value }
        }
        let request = EgressRequest(
            .post, delivery.url, headers: headers, body: body, trust: .foreign,
            deadlines: EgressDeadlines(firstByte: limits.timeout, whole: limits.timeout),
            maximumBodySize: WebhookLimits.maximumAnswer)
        func attempt(_ status: Int?, _ error: String?) -> WebhookDelivery.Attempt {
            let milliseconds = Int((surroundings.now() - begun).wholeMicroseconds / 1000)
            return .init(at: begun, status: status, error: error, milliseconds: milliseconds)
        }
        do {
            let response = try await egress.send(request)
            switch response.status {
            case 200..<300: return (attempt(response.status, nil), .delivered)
            case 410: return (attempt(410, "the receiver answered 410 Gone"), .gone)
            default:
                let wait = response.headers[.retryAfter].flatMap { Int64($0) }.map { Duration.seconds(min($0, 86_400)) }
                return (
                    attempt(response.status, "the receiver answered \(response.status)"), .again(notBefore: wait)
                )
            }
        } catch let error as EgressError {
            // The caller learns no more than that: details would make a port scanner of us.
            let words =
                error.code == .addressRefused ? "the address may not be called" : "the receiver could not be reached"
            logger.info("a webhook was not delivered", metadata: ["delivery": "\(delivery.id)", "why": "\(error)"])
            return (attempt(nil, words), .again(notBefore: error.retryAfter))
        }
    }

    /// One transaction: the row of the delivery, the health of the endpoint, and the queued job.
    private func settle(
        _ claimed: ClaimedJob, _ tenant: TenantID, _ id: WebhookDeliveryID, _ attempt: WebhookDelivery.Attempt,
        _ outcome: Outcome
    ) async throws -> JobVerdict {
        let now = surroundings.now()
        let fraction = surroundings.randomFraction()
        try await database.write(as: tenant) { [self] transaction in
            guard let found = try deliveryStore.find(tenant, id, locked: true, in: transaction) else {
                return try queue.complete(claimed, in: transaction)
            }
            var delivery = found.delivery
            let tries = found.tries + 1
            delivery.attempts.append(attempt)
            delivery.nextAttemptAt = nil
            var again: Timestamp?
            switch outcome {
            case .delivered: delivery.status = .delivered
            case .gone: delivery.status = .failed
            case .again(let notBefore):
                again = next(afterTry: tries, notBefore: notBefore, fraction: fraction, at: now)
                delivery.status = again == nil ? .failed : .pending
                delivery.nextAttemptAt = again
            }
            delivery.completedAt = again == nil ? now : nil
            try deliveryStore.save(delivery, tries: tries, in: transaction)
            if let endpoint = delivery.endpoint {
                try note(endpoint, tenant, delivery.status, isGone: attempt.status == 410, at: now, in: transaction)
            }
            if let again {
                try queue.snooze(claimed, until: again, in: transaction)
            } else {
                try queue.complete(claimed, in: transaction)
            }
        }
        return .settled
    }

    /// The moment of the next try; nil when the schedule is at its end. Spread by a fifth either way.
    private func next(afterTry tries: Int, notBefore: Duration?, fraction: Double, at now: Timestamp) -> Timestamp? {
        guard tries <= limits.retries.count else { return nil }
        return now + max(limits.retries[tries - 1] * (0.8 + 0.4 * fraction), notBefore ?? .zero)
    }

    private func note(
        _ id: WebhookEndpointID, _ tenant: TenantID, _ status: WebhookDelivery.Status, isGone: Bool, at now: Timestamp,
        in transaction: any Transaction
    ) throws {
        let failingSince = try endpoints.noteOutcome(
            tenant, id, delivered: status == .delivered, at: now, in: transaction)
        guard var endpoint = try endpoints.find(tenant, id, in: transaction), endpoint.isEnabled else { return }
        let isHopeless = status == .failed && failingSince.map { now - $0 >= limits.disableAfter } ?? false
        guard isGone || isHopeless else { return }
        endpoint.isEnabled = false
        endpoint.disabledBecause = isGone ? "it answered 410 Gone" : "nothing could be delivered for too long"
        endpoint.updatedAt = now
        try endpoints.update(endpoint, in: transaction)
    }

    private func purgeEnded() async throws {
        let now = surroundings.now()
        let batch = 1000
        var deleted = batch
        while deleted >= batch {
            try Task.checkCancellation()
            deleted = try await database.write(as: .system) { [self] in
                try deliveryStore.purge(endedBefore: now - limits.retention, limit: batch, in: $0)
            }
        }
    }
}
