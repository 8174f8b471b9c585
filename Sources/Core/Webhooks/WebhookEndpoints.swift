import Database
import JobQueue
package import Vocabulary

// What a tenant can do with its endpoints and deliveries.
extension Webhooks {
    /// - Parameters:
    ///   - events: empty for all but `job.progress`.
    ///   - suffix: the last 26 characters of the id. An endpoint of that id is there already when an earlier try didn't
    ///     come to its answer: it gets a new secret, and the old one, which nobody was told, signs no more.
    /// - Returns: the endpoint, and its secret, which is not shown again.
    /// - Throws: `WebhookError.invalidURL`, `.tooManyEndpoints`.
    package func createEndpoint(
        _ tenant: TenantID, url: String, events: [WebhookEventType], description: String?, suffix: String? = nil
    ) async throws -> (WebhookEndpoint, Secret) {
        if let fault = WebhookURL.fault(url) { throw WebhookError.invalidURL(fault) }
        let now = surroundings.now()
        let given = suffix.flatMap { WebhookEndpointID("\(WebhookEndpointKind.prefix)_\($0)") }
        let endpoint = WebhookEndpoint(
            id: given ?? surroundings.newID(), tenant: tenant, url: url, description: description, events: events,
            isEnabled: true,
            createdAt: now, updatedAt: now)
        let secret = StandardWebhookSignature.newSecret(surroundings)
        return try await database.write(as: tenant) { [endpoints, limits] transaction in
            if let given, try endpoints.rotate(given, tenant, to: secret, overlap: .zero, at: now, in: transaction),
                let first = try endpoints.find(tenant, given, in: transaction)
            {
                return (first, secret)
            }
            guard try endpoints.count(tenant, in: transaction) < limits.endpoints else {
                throw WebhookError.tooManyEndpoints(limit: limits.endpoints)
            }
            try endpoints.insert(endpoint, secret: secret, in: transaction)
            return (endpoint, secret)
        }
    }

    /// Newest first.
    package func endpoints(_ tenant: TenantID, _ page: PageRequest) async throws -> Page<WebhookEndpoint> {
        try await database.read(as: tenant) { [endpoints] in try endpoints.list(tenant, page, in: $0) }
    }

    /// - Throws: `WebhookError.endpointNotFound`.
    package func endpoint(_ tenant: TenantID, _ id: WebhookEndpointID) async throws -> WebhookEndpoint {
        let found = try await database.read(as: tenant) { [endpoints] in try endpoints.find(tenant, id, in: $0) }
        guard let found else { throw WebhookError.endpointNotFound(id.text) }
        return found
    }

    /// Changes what is given; nil leaves it.
    /// - Throws: `WebhookError.endpointNotFound`, `.invalidURL`.
    package func updateEndpoint(
        _ tenant: TenantID, _ id: WebhookEndpointID, url: String?, events: [WebhookEventType]?, description: String?,
        isEnabled: Bool?
    ) async throws -> WebhookEndpoint {
        if let url, let fault = WebhookURL.fault(url) { throw WebhookError.invalidURL(fault) }
        let now = surroundings.now()
        return try await database.write(as: tenant) { [endpoints] transaction in
            guard var endpoint = try endpoints.find(tenant, id, in: transaction) else {
                throw WebhookError.endpointNotFound(id.text)
            }
            endpoint.url = url ?? endpoint.url
            endpoint.events = events ?? endpoint.events
            endpoint.description = description ?? endpoint.description
            endpoint.isEnabled = isEnabled ?? endpoint.isEnabled
            if isEnabled == true {
                endpoint.disabledBecause = nil
                _ = try endpoints.noteOutcome(tenant, id, delivered: true, at: now, in: transaction)
            }
            endpoint.updatedAt = now
            try endpoints.update(endpoint, in: transaction)
            return endpoint
        }
    }

    /// - Throws: `WebhookError.endpointNotFound`.
    package func deleteEndpoint(_ tenant: TenantID, _ id: WebhookEndpointID) async throws {
        let existed = try await database.write(as: tenant) { [endpoints] in try endpoints.delete(tenant, id, in: $0) }
        guard existed else { throw WebhookError.endpointNotFound(id.text) }
    }

    /// A new secret, shown once; the former one signs too for `WebhookLimits.rotationOverlap`.
    /// - Throws: `WebhookError.endpointNotFound`.
    package func rotate(_ tenant: TenantID, _ id: WebhookEndpointID) async throws -> Secret {
        let secret = StandardWebhookSignature.newSecret(surroundings)
        let now = surroundings.now()
        let existed = try await database.write(as: tenant) { [endpoints, limits] in
            try endpoints.rotate(id, tenant, to: secret, overlap: limits.rotationOverlap, at: now, in: $0)
        }
        guard existed else { throw WebhookError.endpointNotFound(id.text) }
        return secret
    }

    /// Queues a message that means nothing.
    /// - Throws: `WebhookError.endpointNotFound`, `.endpointDisabled`.
    package func sendTest(_ tenant: TenantID, _ id: WebhookEndpointID) async throws -> WebhookDelivery {
        let body = try Self.json(
            TestMessage(type: WebhookEventType.endpointTest.rawValue, timestamp: surroundings.now()))
        return try await database.write(as: tenant) { [self] transaction in
            guard let endpoint = try endpoints.find(tenant, id, in: transaction) else {
                throw WebhookError.endpointNotFound(id.text)
            }
            guard endpoint.isEnabled else { throw WebhookError.endpointDisabled(id.text) }
            return try queueDelivery(id, endpoint.url, .endpointTest, body, tenant, in: transaction)
        }
    }

    private struct TestMessage: Encodable {
        var type: String
        var timestamp: Timestamp
        var data = ["message": "This is a test."]
    }

    // MARK: The tenant's own secret

    /// What messages to a `webhook_url` named in a request are signed with. Made at first use.
    package func signingSecret(_ tenant: TenantID) async throws -> Secret {
        let now = surroundings.now()
        return try await database.write(as: tenant) { [self] transaction in
            if let first = try endpoints.ownSecrets(tenant, at: now, in: transaction)?.first { return first }
            let secret = StandardWebhookSignature.newSecret(surroundings)
            try endpoints.setOwnSecret(tenant, to: secret, overlap: .zero, at: now, in: transaction)
            return secret
        }
    }

    /// A new one; the former one signs too for `WebhookLimits.rotationOverlap`.
    package func rotateSigningSecret(_ tenant: TenantID) async throws -> Secret {
        let secret = StandardWebhookSignature.newSecret(surroundings)
        let now = surroundings.now()
        try await database.write(as: tenant) { [endpoints, limits] in
            try endpoints.setOwnSecret(tenant, to: secret, overlap: limits.rotationOverlap, at: now, in: $0)
        }
        return secret
    }

    // MARK: Deliveries

    /// Newest first.
    package func deliveries(
        _ tenant: TenantID, endpoint: WebhookEndpointID?, status: WebhookDelivery.Status?, _ page: PageRequest
    ) async throws -> Page<WebhookDelivery> {
        try await database.read(as: tenant) { [deliveryStore] in
            try deliveryStore.list(tenant, endpoint: endpoint, status: status, page, in: $0)
        }
    }

    /// - Throws: `WebhookError.deliveryNotFound`.
    package func delivery(_ tenant: TenantID, _ id: WebhookDeliveryID) async throws -> WebhookDelivery {
        let found = try await database.read(as: tenant) { [deliveryStore] in try deliveryStore.find(tenant, id, in: $0)
        }
        guard let found else { throw WebhookError.deliveryNotFound(id.text) }
        return found.delivery
    }

    /// Sends it again at once, with the same id, and with the whole schedule before it if that fails.
    /// - Throws: `WebhookError.deliveryNotFound`.
    package func redeliver(_ tenant: TenantID, _ id: WebhookDeliveryID) async throws -> WebhookDelivery {
        let now = surroundings.now()
        return try await database.write(as: tenant) { [self] transaction in
            guard var delivery = try deliveryStore.find(tenant, id, locked: true, in: transaction)?.delivery else {
                throw WebhookError.deliveryNotFound(id.text)
            }
            delivery.status = .pending
            delivery.nextAttemptAt = now
            delivery.completedAt = nil
            try deliveryStore.save(delivery, tries: 0, in: transaction)
            // One that still waits is due now.
            try queue.wake(uniqueKey: id.text, tenant: tenant, in: transaction)
            try enqueue(delivery, in: transaction)
            return delivery
        }
    }
}
