import Auth
import Content
import Engines
import HTTPTypes
import Vocabulary

/// What a tenant can use: engines, and models with their limits and how long they live.
enum EngineRoutes {
    static let tag = "Engines"

    static let routes = [engines, models]

    private static let engineSchema = Schema.object(
        .required("name", .string()),
        .required("modalities", .array(.one(of: Modality.self))),
        .required("reachable", .boolean, "False after several failures in a row, the last of them recent.")
    ).named("Engine")

    private static let modelSchema = Schema.object(
        .required("id", .string()),
        .required("type", .one(of: Modality.self)),
        .required("maker", .string()),
        .required("aliases", .array(.string())),
        .required("served_by", .string(), "The model that answers for it now."),
        .required("retired", .boolean),
        .required("sunset_at", Schema.moment.orNull, "From when its maker refuses it."),
        .required("successor", Schema.string().orNull),
        .required("default", .boolean, "Whether a request that names none gets it."),
        .required("durations", Schema.string().orNull, "Of a film, in seconds."),
        .required("sizes", Schema.string().orNull, "Of an image.")
    ).named("Model")

    /// A test key gets the sandbox, and so does everyone where nothing else is configured.
    private static func usable(_ call: APICall) -> [any Engine] {
        let router = call.services.content.router
        if call.principal?.isTest == true || router.engines.isEmpty { return [router.sandbox] }
        return router.engines + [router.sandbox]
    }

    static let engines = Route(
        RouteDescription(
            .get, "/v1/engines", "listEngines", "The engines that make content for this credential", tag: tag,
            face: .common,
            answers: [.json(200, "All of them.", .object(.required("data", .array(engineSchema))))])
    ) { call in
        let health = await call.services.content.router.health(within: call.state.limits.healthDeadline)
        return .object { writer in
            writer.member("data", each: usable(call)) { writer, engine in
                writer.object { writer in
                    writer.member("name", engine.name)
                    writer.member("modalities", each: engine.modalities.map(\.rawValue).sorted()) { $0.value($1) }
                    writer.member("reachable", health.first { $0.engine == engine.name }?.isReachable ?? true)
                }
            }
        }
    }

    static let models = Route(
        RouteDescription(
            .get, "/v1/models", "listModels",
            "The models that are known; others may be asked for too, and each engine says what it has", tag: tag,
            face: .common, answers: [.json(200, "All of them.", .object(.required("data", .array(modelSchema))))])
    ) { call in
        let catalogue = call.services.content.router.catalogue
        let onlySandbox = usable(call).count == 1
        let now = call.state.now
        return .object { writer in
            writer.member("data", each: catalogue.entries) { writer, entry in
                let serving = onlySandbox ? Sandbox.model : catalogue.living(entry.id, at: now)
                writer.object { entry.write(&$0, served: serving, catalogue: catalogue, now: now) }
            }
        }
    }
}

extension ModelEntry {
    func write(_ writer: inout JSONWriter, served: String, catalogue: ModelCatalogue, now: Timestamp) {
        writer.member("id", id)
        writer.member("type", modality.rawValue)
        writer.member("maker", maker)
        writer.member("aliases", each: aliases) { $0.value($1) }
        writer.member("served_by", served)
        writer.member("retired", isRetired(at: now))
        writer.member("sunset_at", orNull: sunset)
        writer.member("successor", orNull: successor)
        writer.member("default", catalogue.defaultModel(for: modality) == id)
        writer.member("durations", orNull: modality == .video ? durations?.description : nil)
        writer.member("sizes", orNull: modality == .image ? sizes?.description : nil)
    }
}
