import Vocabulary

/// One stop of a route: an engine, and the model that it is asked for; nil for the engine's own choice.
struct RouteStop: Sendable {
    var engine: any Engine
    var model: String?
}

/// Whether a retired model is served by its successor.
package enum Succession: String, Sendable, CaseIterable {
    case serve, refuse
}

/// Which engines answer for a model, in order.
///
/// 1. A test key, the model `sandbox`, and an installation without engines: the sandbox, whatever the model.
/// 2. `engine/model`, with the name of a configured engine: that one and no other.
/// 3. A model that an engine is known to have (the catalogue says so, or the engine's own list): that engine, then the
///    others in the order of the settings, each with its own default model.
/// 4. Any other model: the engines in the order of the settings, each with its own default model.
///
/// A retired model is replaced by its successor before it is sent, or refused, as `Succession` says.
struct EngineRoute: Sendable {
    var engines: [any Engine]
    var sandbox: Sandbox
    var catalogue: ModelCatalogue
    var succession: Succession

    /// - Throws: `EngineError` with `.modelRetired` or `.modelNotFound`. The route is never empty.
    func stops(
        model: String, modality: Modality, sandboxOnly: Bool, call: EngineCall, now: Timestamp
    ) async throws(EngineError) -> [RouteStop] {
        if sandboxOnly || engines.isEmpty || model == Sandbox.model {
            return [RouteStop(engine: sandbox, model: Sandbox.model)]
        }
        if let named = try explicit(model, modality: modality) { return [named] }
        let able = engines.filter { $0.modalities.contains(modality) }
        guard !able.isEmpty else {
            throw Self.nobodyMakes(modality)
        }
        let living = try served(model, now: now)
        var first: Int?
        for (index, engine) in able.enumerated() where await engine.has(living, for: modality, call) {
            first = index
            break
        }
        guard let first else { return able.map { RouteStop(engine: $0, model: nil) } }
        let others = able.enumerated().filter { $0.offset != first }
        return [RouteStop(engine: able[first], model: living)]
            + others.map { RouteStop(engine: $0.element, model: nil) }
    }

    static func nobodyMakes(_ modality: Modality) -> EngineError {
        EngineError(
            .modelNotFound,
            "no configured engine makes \(modality.plural); the model sandbox does, and so do test keys")
    }

    private func explicit(_ model: String, modality: Modality) throws(EngineError) -> RouteStop? {
        guard let slash = model.firstIndex(of: "/") else { return nil }
        let name = String(model[..<slash])
        let wanted = String(model[model.index(after: slash)...])
        guard !wanted.isEmpty, let engine = engines.first(where: { $0.name == name }) else { return nil }
        guard engine.modalities.contains(modality) else {
            throw EngineError(.modelNotFound, "the engine \(name) makes no \(modality.plural)")
        }
        return RouteStop(engine: engine, model: wanted)
    }

    private func served(_ model: String, now: Timestamp) throws(EngineError) -> String {
        let living = catalogue.living(model, at: now)
        guard succession == .refuse, let entry = catalogue.entry(model), entry.isRetired(at: now) else { return living }
        let advice = entry.successor == nil ? "it has no successor" : "its successor is \(living)"
        throw EngineError(.modelRetired, "the model \(model) was switched off by its maker; \(advice)")
    }
}

extension Modality {
    /// For sentences: `texts`, `images`, `videos`.
    var plural: String { "\(rawValue)s" }
}
