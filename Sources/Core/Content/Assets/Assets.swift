import Database
package import Engines
package import ObjectStorage
package import Vocabulary
import Webhooks

// What a tenant can do with its files.
extension ContentService {
    var assetStore: AssetStore { AssetStore() }

    /// Newest first.
    package func assets(_ tenant: TenantID, kind: Modality?, _ page: PageRequest) async throws -> Page<Asset> {
        try await database.read(as: tenant) { [assetStore] in try assetStore.list(tenant, kind: kind, page, in: $0) }
    }

    /// - Throws: `ContentError.assetNotFound`.
    package func asset(_ tenant: TenantID, _ id: AssetID) async throws -> Asset {
        let found = try await database.read(as: tenant) { [assetStore] in try assetStore.find(tenant, id, in: $0) }
        guard let found else { throw ContentError.assetNotFound(id.text) }
        return found
    }

    /// A link to the file that is good for `ContentLimits.linkTTL`.
    package func link(to asset: Asset) async throws -> String {
        guard let key = ObjectKey(asset.storagePath) else { throw ContentError.assetNotFound(asset.id.text) }
        return try await storage.link(to: key, expiresIn: limits.linkTTL)
    }

    /// A link for a message, which may be delivered as late as the schedule of deliveries allows.
    func noticeLink(to asset: Asset) async throws -> String {
        guard let key = ObjectKey(asset.storagePath) else { throw ContentError.assetNotFound(asset.id.text) }
        return try await storage.link(to: key, expiresIn: max(limits.linkTTL, webhooks.longestSchedule))
    }

    /// - Parameter range: of bytes; nil for the whole file.
    /// - Throws: `ContentError.assetNotFound` when the file is gone, `ObjectStorageError.rangeNotSatisfiable`.
    package func read(_ asset: Asset, range: Range<Int64>?) async throws -> ObjectReading {
        guard let key = ObjectKey(asset.storagePath) else { throw ContentError.assetNotFound(asset.id.text) }
        do {
            return try await storage.get(key, range: range)
        } catch ObjectStorageError.notFound {
            throw ContentError.assetNotFound(asset.id.text)
        }
    }

    /// Deletes the file and what is known of it.
    /// - Throws: `ContentError.assetNotFound`.
    package func deleteAsset(_ tenant: TenantID, _ id: AssetID) async throws {
        let asset = try await asset(tenant, id)
        // The file goes first: a row without a file is found and deleted again, a file without a row never.
        if let key = ObjectKey(asset.storagePath) { try await storage.delete(key) }
        _ = try await database.write(as: tenant) { [assetStore] in try assetStore.delete(tenant, id, in: $0) }
    }
}
