import Database
import FoundationEssentials
import Vocabulary

/// The rows of deliveries.
struct WebhookDeliveryStore: Sendable {
    /// How many attempts a row remembers: the last ones.
    static let rememberedAttempts = 30

    func insert(_ delivery: WebhookDelivery, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, url, event, body, status, tries, attempts, \
            next_attempt_at, created_at)
            VALUES (\(delivery.tenant), \(delivery.id), \(delivery.endpoint), \(delivery.url), \(delivery.event), \
            \(delivery.body), \(delivery.status), 0, '[]', \(delivery.nextAttemptAt), \(delivery.createdAt))
            """)
    }

    /// - Returns: the delivery, and how many tries its present round has had.
    func find(
        _ tenant: TenantID, _ id: WebhookDeliveryID, locked: Bool = false, in transaction: any Transaction
    ) throws -> (delivery: WebhookDelivery, tries: Int)? {
        let lock = locked ? transaction.dialect.lockingRows : ""
        return try transaction.first(
            "SELECT * FROM webhook_deliveries WHERE tenant_id = \(tenant) AND id = \(id)\(lock)"
        ).map { (try decode($0), try $0.get("tries")) }
    }

    func list(
        _ tenant: TenantID, endpoint: WebhookEndpointID?, status: WebhookDelivery.Status?, _ page: PageRequest,
        in transaction: any Transaction
    ) throws -> Page<WebhookDelivery> {
        var conditions: [SQL] = ["tenant_id = \(tenant)"]
        if let endpoint { conditions.append("endpoint_id = \(endpoint)") }
        if let status { conditions.append("status = \(status)") }
        if let after = page.after { conditions.append("id < \(after)") }
        let rows = try transaction.query(
            """
            SELECT * FROM webhook_deliveries WHERE \(SQL.joined(conditions, by: " AND ")) ORDER BY id DESC \
            LIMIT \(page.limit + 1)
            """)
        return Page(reading: try rows.map(decode), limit: page.limit) { $0.id.text }
    }

    func save(_ delivery: WebhookDelivery, tries: Int, in transaction: any Transaction) throws {
        let attempts = String(
            decoding: try JSONEncoder().encode(Array(delivery.attempts.suffix(Self.rememberedAttempts))), as: UTF8.self)
        try transaction.execute(
            """
            UPDATE webhook_deliveries SET status = \(delivery.status), tries = \(tries), attempts = \(attempts), \
            next_attempt_at = \(delivery.nextAttemptAt), completed_at = \(delivery.completedAt)
            WHERE tenant_id = \(delivery.tenant) AND id = \(delivery.id)
            """)
    }

    /// - Returns: how many were deleted.
    func purge(endedBefore moment: Timestamp, limit: Int, in transaction: any Transaction) throws -> Int {
        try transaction.execute(
            """
            DELETE FROM webhook_deliveries WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM webhook_deliveries \
            WHERE completed_at < \(moment) ORDER BY completed_at LIMIT \(limit))
            """)
    }

    private func decode(_ row: Row) throws -> WebhookDelivery {
        let attempts: String = try row.get("attempts")
        return WebhookDelivery(
            id: try row.get("id"), tenant: try row.get("tenant_id"), endpoint: try row.getIfPresent("endpoint_id"),
            url: try row.get("url"), event: try row.get("event"), body: try row.get("body"),
            status: try row.get("status"),
            attempts: try JSONDecoder().decode([WebhookDelivery.Attempt].self, from: Data(attempts.utf8)),
            nextAttemptAt: try row.getIfPresent("next_attempt_at"), createdAt: try row.get("created_at"),
            completedAt: try row.getIfPresent("completed_at"))
    }
}

extension WebhookDelivery.Status: SQLConvertible {}
