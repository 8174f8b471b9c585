import Database
import FoundationEssentials
import Sealing
import Vocabulary

/// The rows of endpoints, and of the secrets that messages are signed with.
struct WebhookEndpointStore: Sendable {
    let box: SecretBox

    func insert(_ endpoint: WebhookEndpoint, secret: Secret, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO webhook_endpoints (tenant_id, id, url, description, events, is_enabled, secret, created_at, \
            updated_at)
            VALUES (\(endpoint.tenant), \(endpoint.id), \(endpoint.url), \(endpoint.description), \
            \(Self.text(endpoint.events)), \(endpoint.isEnabled), \
            \(try box.seal(secret, for: Self.purpose(endpoint.tenant, endpoint.id))), \(endpoint.createdAt), \
            \(endpoint.updatedAt))
            """)
    }

    func update(_ endpoint: WebhookEndpoint, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            UPDATE webhook_endpoints SET url = \(endpoint.url), description = \(endpoint.description), \
            events = \(Self.text(endpoint.events)), is_enabled = \(endpoint.isEnabled), \
            disabled_because = \(endpoint.disabledBecause), updated_at = \(endpoint.updatedAt)
            WHERE tenant_id = \(endpoint.tenant) AND id = \(endpoint.id)
            """)
    }

    func find(_ tenant: TenantID, _ id: WebhookEndpointID, in transaction: any Transaction) throws -> WebhookEndpoint? {
        try transaction.first("SELECT * FROM webhook_endpoints WHERE tenant_id = \(tenant) AND id = \(id)").map(decode)
    }

    func list(_ tenant: TenantID, _ page: PageRequest, in transaction: any Transaction) throws -> Page<WebhookEndpoint>
    {
        let rest: SQL = page.after.map { "AND id < \($0)" } ?? ""
        let rows = try transaction.query(
            """
            SELECT * FROM webhook_endpoints WHERE tenant_id = \(tenant) \(rest) ORDER BY id DESC LIMIT \(page.limit + 1)
            """)
        return Page(reading: try rows.map(decode), limit: page.limit) { $0.id.text }
    }

    func count(_ tenant: TenantID, in transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT COUNT(*) AS n FROM webhook_endpoints WHERE tenant_id = \(tenant)")?.get("n") ?? 0
    }

    /// Those that are to hear of the event.
    func listening(
        to event: WebhookEventType, _ tenant: TenantID, in transaction: any Transaction
    ) throws -> [WebhookEndpoint] {
        try transaction.query("SELECT * FROM webhook_endpoints WHERE tenant_id = \(tenant) AND is_enabled = 1")
            .map(decode).filter { $0.events.isEmpty ? event != .jobProgress : $0.events.contains(event) }
    }

    func delete(_ tenant: TenantID, _ id: WebhookEndpointID, in transaction: any Transaction) throws -> Bool {
        try transaction.execute("DELETE FROM webhook_endpoints WHERE tenant_id = \(tenant) AND id = \(id)") > 0
    }

    /// - Returns: since when nothing could be delivered; nil when the last delivery arrived.
    func noteOutcome(
        _ tenant: TenantID, _ id: WebhookEndpointID, delivered: Bool, at now: Timestamp, in transaction: any Transaction
    ) throws -> Timestamp? {
        if delivered {
            try transaction.execute(
                """
                UPDATE webhook_endpoints SET failing_since = NULL
                WHERE tenant_id = \(tenant) AND id = \(id) AND failing_since IS NOT NULL
                """)
            return nil
        }
        return try transaction.first(
            """
            UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, \(now))
            WHERE tenant_id = \(tenant) AND id = \(id) RETURNING failing_since
            """)?.get("failing_since")
    }

    // MARK: Secrets

    /// The secrets to sign with: the present one, and the former while it overlaps.
    func secrets(
        of id: WebhookEndpointID, _ tenant: TenantID, at now: Timestamp, in transaction: any Transaction
    ) throws -> [Secret] {
        let row = try transaction.first(
            """
            SELECT secret, former_secret, former_secret_until FROM webhook_endpoints
            WHERE tenant_id = \(tenant) AND id = \(id)
            """)
        return try row.map { try secrets($0, Self.purpose(tenant, id), at: now) } ?? []
    }

    func rotate(
        _ id: WebhookEndpointID, _ tenant: TenantID, to secret: Secret, overlap: Duration, at now: Timestamp,
        in transaction: any Transaction
    ) throws -> Bool {
        try transaction.execute(
            """
            UPDATE webhook_endpoints SET former_secret = secret, former_secret_until = \(now + overlap), \
            secret = \(try box.seal(secret, for: Self.purpose(tenant, id))), updated_at = \(now)
            WHERE tenant_id = \(tenant) AND id = \(id)
            """) > 0
    }

    /// The tenant's own secrets, for addresses named in a request; nil before the first use.
    func ownSecrets(_ tenant: TenantID, at now: Timestamp, in transaction: any Transaction) throws -> [Secret]? {
        try transaction.first("SELECT * FROM webhook_signing_secrets WHERE tenant_id = \(tenant)")
            .map { try secrets($0, Self.ownPurpose(tenant), at: now) }
    }

    /// Sets the tenant's own secret; the former one overlaps.
    func setOwnSecret(
        _ tenant: TenantID, to secret: Secret, overlap: Duration, at now: Timestamp, in transaction: any Transaction
    ) throws {
        try transaction.execute(
            """
            INSERT INTO webhook_signing_secrets (tenant_id, secret)
            VALUES (\(tenant), \(try box.seal(secret, for: Self.ownPurpose(tenant))))
            ON CONFLICT (tenant_id) DO UPDATE SET former_secret = webhook_signing_secrets.secret, \
            former_secret_until = \(now + overlap), secret = excluded.secret
            """)
    }

    private func secrets(_ row: Row, _ purpose: String, at now: Timestamp) throws -> [Secret] {
        var all = [try box.open(row.get("secret"), for: purpose)]
        if let former = try row.getIfPresent("former_secret", as: String.self),
            let until = try row.getIfPresent("former_secret_until", as: Timestamp.self), now < until
        {
            all.append(try box.open(former, for: purpose))
        }
        return all
    }

    private static func purpose(_ tenant: TenantID, _ id: WebhookEndpointID) -> String { "webhook:\(tenant):\(id)" }
    private static func ownPurpose(_ tenant: TenantID) -> String { "webhooks:\(tenant)" }

    // MARK: Rows

    private static func text(_ events: [WebhookEventType]) -> String {
        events.map(\.rawValue).joined(separator: " ")
    }

    private func decode(_ row: Row) throws -> WebhookEndpoint {
        let events: String = try row.get("events")
        return WebhookEndpoint(
            id: try row.get("id"), tenant: try row.get("tenant_id"), url: try row.get("url"),
            description: try row.getIfPresent("description"),
            events: events.split(separator: " ").compactMap { WebhookEventType(rawValue: String($0)) },
            isEnabled: try row.get("is_enabled"), disabledBecause: try row.getIfPresent("disabled_because"),
            createdAt: try row.get("created_at"), updatedAt: try row.get("updated_at"))
    }
}
