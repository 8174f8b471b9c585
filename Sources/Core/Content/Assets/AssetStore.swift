import Database
import Engines
import Vocabulary

/// The rows of stored files.
struct AssetStore: Sendable {
    /// A file that is stored again under the same id replaces what is known of it.
    func insert(_ asset: Asset, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO assets (tenant_id, id, kind, storage_path, content_type, size, sha256, width, height, \
            duration_seconds, model, engine, job_id, created_at)
            VALUES (\(asset.tenant), \(asset.id), \(asset.kind), \(asset.storagePath), \(asset.contentType), \
            \(asset.size), \(asset.sha256), \(asset.width), \(asset.height), \(asset.durationSeconds), \(asset.model), \
            \(asset.engine), \(asset.job), \(asset.createdAt))
            ON CONFLICT (tenant_id, id) DO UPDATE SET storage_path = excluded.storage_path, \
            content_type = excluded.content_type, size = excluded.size, sha256 = excluded.sha256, \
            width = excluded.width, height = excluded.height, duration_seconds = excluded.duration_seconds
            """)
    }

    func find(_ tenant: TenantID, _ id: AssetID, in transaction: any Transaction) throws -> Asset? {
        try transaction.first("SELECT * FROM assets WHERE tenant_id = \(tenant) AND id = \(id)").map(decode)
    }

    func list(
        _ tenant: TenantID, kind: Modality?, _ page: PageRequest, in transaction: any Transaction
    ) throws -> Page<Asset> {
        var conditions: [SQL] = ["tenant_id = \(tenant)"]
        if let kind { conditions.append("kind = \(kind)") }
        if let after = page.after { conditions.append("id < \(after)") }
        let assets = try transaction.query(
            "SELECT * FROM assets WHERE \(SQL.joined(conditions, by: " AND ")) ORDER BY id DESC LIMIT \(page.limit + 1)"
        ).map(decode)
        return Page(reading: assets, limit: page.limit) { $0.id.text }
    }

    /// - Returns: whether there was one.
    func delete(_ tenant: TenantID, _ id: AssetID, in transaction: any Transaction) throws -> Bool {
        try transaction.execute("DELETE FROM assets WHERE tenant_id = \(tenant) AND id = \(id)") > 0
    }

    private func decode(_ row: Row) throws -> Asset {
        Asset(
            id: try row.get("id"), tenant: try row.get("tenant_id"), kind: try row.get("kind"),
            storagePath: try row.get("storage_path"), contentType: try row.get("content_type"),
            size: try row.get("size"), sha256: try row.get("sha256"), width: try row.getIfPresent("width"),
            height: try row.getIfPresent("height"), durationSeconds: try row.getIfPresent("duration_seconds"),
            model: try row.get("model"), engine: try row.get("engine"), job: try row.getIfPresent("job_id"),
            createdAt: try row.get("created_at"))
    }
}
