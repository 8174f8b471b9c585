import Database
import Egress
import FoundationEssentials
import HTTPTypes
package import JobQueue
import Logging
import Vocabulary

// What the worker does for this room.
extension Webhooks {
    /// Sends one delivery. Payload: `DeliveryPayload`.
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

    /// How many jobs of a kind one process may run at once. Receivers are slow as they please: what waits for them
    /// leaves workers to the other kinds.
    package var caps: [JobKind: Int] { [Self.deliver: Self.workers(limits, queue)] }

    static func workers(_ limits: WebhookLimits, _ queue: JobQueue) -> Int {
        min(limits.workers, max(queue.limits.workers / 2, 1))
    }

    private struct Message: Sendable {
        var delivery: WebhookDelivery
        var secrets: [Secret]
        var endpoint: WebhookEndpoint?
    }

    private func deliver(_ claimed: ClaimedJob) async throws -> JobVerdict {
        guard let tenant = claimed.tenant,
            let payload = try? JSONDecoder().decode(DeliveryPayload.self, from: Data(claimed.payload.utf8))
        else { return .fail(reason: "no such payload") }
        // First of all, so that a refusal costs nothing but the snooze.
        let entry = gate.enter(
            tenant, payload.address, at: surroundings.now(), fraction: surroundings.randomFraction())
        switch entry {
        case .refused(let until): return .snooze(until: until)
        case .entered(let pass):
            guard let (attempt, outcome) = try await send(payload.delivery, of: tenant, leavingWith: pass) else {
                return .complete
            }
            return try await settle(claimed, tenant, payload.delivery, attempt, outcome)
        }
    }

    /// - Returns: nil when there is nothing to send any more.
    private func send(
        _ id: WebhookDeliveryID, of tenant: TenantID, leavingWith pass: DeliveryLanes.Pass
    ) async throws -> (WebhookDelivery.Attempt, Outcome)? {
        defer { gate.leave(pass, at: surroundings.now()) }
        let now = surroundings.now()
        let found = try await database.read(as: tenant) { [self] in try message(tenant, id, at: now, in: $0) }
        guard let message = found, message.delivery.status == .pending else { return nil }
        if message.delivery.endpoint != nil, message.endpoint?.isEnabled != true {
            let error = "the endpoint was disabled or deleted"
            return (WebhookDelivery.Attempt(at: now, status: nil, error: error, milliseconds: 0), .gone)
        }
        return try await call(message)
    }

    private func message(
        _ tenant: TenantID, _ id: WebhookDeliveryID, at now: Timestamp, in transaction: any Transaction
    ) throws -> Message? {
        guard let delivery = try deliveryStore.find(tenant, id, in: transaction)?.delivery else { return nil }
        if let endpoint = delivery.endpoint {
            return Message(
                delivery: delivery,
                secrets: try endpoints.secrets(of: endpoint, tenant, at: now, in: transaction),
                endpoint: try endpoints.find(tenant, endpoint, in: transaction))
        }
        let own = try endpoints.ownSecrets(tenant, at: now, in: transaction) ?? []
        return Message(delivery: delivery, secrets: own, endpoint: nil)
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
                again = next(delivery, afterTry: tries, notBefore: notBefore, fraction: fraction, at: now)
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

    /// The moment of the next try; nil when the schedule is at its end.
    /// - Parameter notBefore: what the receiver asks for. It doesn't put a try past the end of the schedule, up to
    ///   which the links of the message live.
    private func next(
        _ delivery: WebhookDelivery, afterTry tries: Int, notBefore: Duration?, fraction: Double, at now: Timestamp
    ) -> Timestamp? {
        guard tries <= limits.retries.count else { return nil }
        let spread = WebhookLimits.spread
        let factor = spread.lowerBound + (spread.upperBound - spread.lowerBound) * fraction
        let scheduled = now + limits.retries[tries - 1] * factor
        guard let notBefore else { return scheduled }
        let end = delivery.createdAt + limits.longestSchedule
        // One that is sent again on demand may have begun long ago.
        return max(scheduled, now < end ? min(now + notBefore, end) : now + notBefore)
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

/// What the queue keeps of a delivery.
struct DeliveryPayload: Codable {
    var delivery: WebhookDeliveryID
    /// Who is called (`WebhookURL.address`), so that whose turn it is can be told without a look at the row.
    var address: String
}
