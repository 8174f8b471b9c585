import Database
import Engines
import Media
import NIOCore
import ObjectStorage
import Vocabulary

// From an engine's stream to a file of ours: whole, of the kind it should be, or not at all.
extension ContentService {
    /// The file of a job, stored under the job's own name, so that doing it again replaces it.
    func takeIn(
        _ media: MediaStream, _ type: Modality, of state: RenderState, engine: String, model: String
    ) async throws -> Asset {
        var duration: ClosedRange<Double>?
        if let asked = state.request.video?.durationSeconds {
            let expected = Double(router.catalogue.nearestDuration(asked, model: model))
            let tolerance = limits.durationTolerance.fractionalSeconds
            duration = max(expected - tolerance, 0)...(expected + tolerance)
        }
        var asset = try await takeIn(
            media, type, state.job.tenant, named: state.job.id.text, as: surroundings.newID(), engine: engine,
            model: model,
            duration: duration)
        asset.job = state.job.id
        return asset
    }

    /// - Throws: `EngineError` with `.generationFailed` when the bytes aren't what they should be,
    ///   `.assetDownloadFailed` when they didn't all come; `ObjectStorageError`.
    func takeIn(
        _ media: MediaStream, _ type: Modality, _ tenant: TenantID, named name: String, as id: AssetID, engine: String,
        model: String, duration: ClosedRange<Double>? = nil
    ) async throws -> Asset {
        let tap = MediaTap(media, expecting: type == .video ? .video : .image, duration: duration)
        let kind = try await tap.kind()
        let category: ObjectKey.Category = type == .video ? .videos : .images
        guard let key = ObjectKey(tenant: tenant, category: category, file: "\(name).\(kind.fileExtension)") else {
            throw EngineError(.generationFailed, "the file has no name that can be stored")
        }
        let info: ObjectInfo
        do {
            // The tap judges the bytes as they pass, and ends the stream with an error unless they are a whole file of
            // the right kind: then nothing is kept.
            info = try await storage.put(
                key, contentType: kind.contentType, maximumSize: .max,
                body: AsyncThrowingStream { try await tap.next() })
        } catch ObjectStorageError.tooLarge(_, let limit) {
            throw EngineError(.generationFailed, "the file is larger than \(limit) bytes")
        }
        let facts = try await tap.facts()
        return Asset(
            id: id, tenant: tenant, kind: type, storagePath: key.text, contentType: kind.contentType, size: info.size,
            sha256: info.sha256, width: facts.width, height: facts.height, durationSeconds: facts.durationSeconds,
            model: model, engine: engine, job: nil, createdAt: surroundings.now())
    }

    /// A file that was stored for a job which was taken from us. It stays if the job completed with it.
    func discardIfUnwanted(_ asset: Asset, _ tenant: TenantID, _ id: ContentJobID) async throws {
        let state = try await database.read(as: tenant) { [jobStore] in try jobStore.find(tenant, id, in: $0) }
        guard let job = state?.job, [.canceled, .failed].contains(job.status), let key = ObjectKey(asset.storagePath)
        else { return }
        try await storage.delete(key)
    }
}
