import Database
import Engines
import Vocabulary
import Webhooks

extension ContentService {
    /// Makes an image and stores it, before it is answered.
    /// - Throws: `ContentError.invalid`, `.engine`.
    package func generateImage(_ caller: Caller, _ generation: ImageGeneration) async throws -> ImageRecord {
        let (model, request, template) = try imageRequest(generation)
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
        let record = ImageRecord(
            id: id, asset: asset, url: try await link(to: asset), revisedPrompt: routed.value.revisedPrompt,
            model: model,
            servedBy: routed.servedBy, engine: routed.engine,
            resolution: "\(asset.width ?? request.width)x\(asset.height ?? request.height)",
            cost: router.mediaCost(engine: routed.engine), createdAt: surroundings.now(), attempts: routed.attempts)
        let row = GenerationRow(
            record, tenant: caller.tenant, isTest: caller.isTest, template: template?.label, requestID: caller.requestID
        )
        try await database.write(as: caller.tenant) { [self] transaction in
            try row.insert(in: transaction)
            try assetStore.insert(asset, in: transaction)
            try webhooks.emit(
                .assetCreated, tenant: caller.tenant, data: AssetNotice(asset, url: record.url), in: transaction)
        }
        return record
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
