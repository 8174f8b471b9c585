import Database
import Engines
import ObjectStorage
import Vocabulary
import Webhooks

extension ContentService {
    /// Makes an image and stores it, before it is answered.
    /// - Throws: `ContentError.invalid`, `.engine`.
    package func generateImage(_ caller: Caller, _ generation: ImageGeneration) async throws -> ImageRecord {
        let (model, request, template) = try imageRequest(generation)
        if let made = try await madeBefore(caller) { return made }
        let routed = try await rethrowing {
            try await router.image(request, call(caller, .image), sandboxOnly: caller.isTest)
        }
        let id: GenerationID = newID(caller)
        let asset: Asset
        do {
            asset = try await takeIn(
                routed.value.media, .image, caller.tenant, named: id.text,
                as: newID(caller), engine: routed.engine, model: routed.servedBy)
        } catch let error as EngineError {
            throw ContentError.engine(error, attempts: routed.attempts)
        }
        let notice = try await noticeLink(to: asset)
        let record = ImageRecord(
            id: id, asset: asset, url: try await link(to: asset), revisedPrompt: routed.value.revisedPrompt,
            model: model,
            servedBy: routed.servedBy, engine: routed.engine,
            resolution: "\(asset.width ?? request.width)x\(asset.height ?? request.height)",
            cost: router.mediaCost(engine: routed.engine), createdAt: surroundings.now(), attempts: routed.attempts)
        let row = GenerationRow(
            record, tenant: caller.tenant, isTest: caller.isTest, template: template?.label,
            requestID: caller.requestID)
        do {
            try await database.write(as: caller.tenant) { [self] transaction in
                try row.write(in: transaction)
                try assetStore.insert(asset, in: transaction)
                try webhooks.emit(
                    .assetCreated, tenant: caller.tenant, data: AssetNotice(asset, url: notice), in: transaction)
            }
        } catch {
            // Without a row nobody would ever find the file.
            if let key = ObjectKey(asset.storagePath) { try? await storage.delete(key) }
            throw error
        }
        return record
    }

    /// The image that an earlier try of the same creation made, whose answer was lost.
    private func madeBefore(_ caller: Caller) async throws -> ImageRecord? {
        guard caller.creationSuffix != nil else { return nil }
        let (generation, assetID): (GenerationID, AssetID) = (newID(caller), newID(caller))
        let found = try await database.read(as: caller.tenant) { [assetStore] transaction in
            try assetStore.find(caller.tenant, assetID, in: transaction).flatMap { asset in
                try GenerationRow.find(caller.tenant, generation, in: transaction).map { (asset, $0) }
            }
        }
        guard let (asset, row) = found else { return nil }
        return ImageRecord(
            id: generation, asset: asset, url: try await link(to: asset), revisedPrompt: nil, model: row.model,
            servedBy: row.servedBy, engine: row.engine, resolution: "\(asset.width ?? 0)x\(asset.height ?? 0)",
            cost: row.cost, createdAt: row.createdAt, attempts: try row.attemptList())
    }

    /// Accepts an image as a job.
    /// - Throws: `ContentError.invalid`, `.tooManyJobs`.
    package func queueImage(_ caller: Caller, _ generation: ImageGeneration) async throws -> ContentJob {
        let (model, request, template) = try imageRequest(generation)
        let render = RenderRequest(
            prompt: request.prompt, instructions: request.instructions, template: template?.label,
            sandboxFault: caller.sandboxFault,
            image: .init(
                width: request.width, height: request.height, quality: request.quality, style: request.style,
                negativePrompt: request.negativePrompt))
        return try await accept(
            caller, .image, model: model, render, durationSeconds: nil, message: nil, webhookURL: generation.webhookURL)
    }

    private func imageRequest(_ generation: ImageGeneration) throws -> (String, ImageRequest, PromptTemplate?) {
        var faults = promptFaults(generation.prompt)
        let model = generation.model ?? router.catalogue.defaultModel(for: .image)
        let sizes = router.catalogue.validSizes(model)
        var size = sizes.usual
        if let text = generation.size {
            if let asked = ImageSize(text), sizes.contains(asked) {
                size = asked
            } else {
                faults.append(.init("/resolution", "\(model) has \(sizes)"))
            }
        }
        if let style = generation.style, !["vivid", "natural"].contains(style) {
            faults.append(.init("/style", "must be vivid or natural"))
        }
        faults += webhookFaults(generation.webhookURL)
        guard faults.isEmpty else { throw ContentError.invalid(faults) }
        let template = generation.promptType.map(PromptTemplate.image)
        let request = ImageRequest(
            model: model, prompt: generation.prompt, instructions: template?.rendered(for: model),
            negativePrompt: generation.negativePrompt, width: size.width, height: size.height,
            quality: generation.quality, style: generation.style)
        return (model, request, template)
    }
}
