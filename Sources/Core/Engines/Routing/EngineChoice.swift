import Vocabulary

/// An engine of a route, and the model as it knows it: for the request, and for `served_by`.
package struct EngineChoice: Sendable {
    package var engine: any Engine
    package var model: String
}

extension EngineRouter {
    /// Whether any engine makes that kind of content at all, as far as the settings tell.
    /// - Throws: `EngineError` with `.modelNotFound`.
    package func checkMakes(_ modality: Modality, model: String, sandboxOnly: Bool) throws(EngineError) {
        if sandboxOnly || engines.isEmpty || model == Sandbox.model { return }
        guard !engines.contains(where: { $0.modalities.contains(modality) }) else { return }
        throw EngineRoute.nobodyMakes(modality)
    }

    /// Whom a queued job may be given to, in order: for work whose every step is recorded by the caller.
    /// - Throws: `EngineError` when no engine makes that kind of content, or none can say what it serves.
    package func choices(
        for modality: Modality, model: String, sandboxOnly: Bool
    ) async throws -> [EngineChoice] {
        let now = surroundings.now()
        let call = EngineCall(requestID: "", deadline: now + limits.discoveryDeadline)
        let stops = try await route.stops(
            model: model, modality: modality, sandboxOnly: sandboxOnly, call: call, now: now)
        var choices: [EngineChoice] = []
        var last: EngineError?
        for stop in stops {
            do {
                let model =
                    if let model = stop.model { model } else { try await stop.engine.defaultModel(for: modality, call) }
                choices.append(EngineChoice(engine: stop.engine, model: model))
            } catch let error as EngineError {
                last = error
            }
        }
        if choices.isEmpty, let last { throw last }
        return choices
    }
}
