package import Egress
package import Logging
package import Settings
package import Vocabulary

/// Which engines there are, and what they serve when a request leaves the choice to them.
package struct EngineSettings: Sendable, Hashable {
    /// A server of one's own.
    package struct LocalEngine: Sendable, Hashable {
        /// `[a-z0-9][a-z0-9_-]*`, and not the name of another engine.
        package var name: String
        package var baseURL: String
    }

    package static let openAIName = "openai"
    package static let openAIAddress = "https://api.openai.com/v1"

    /// OpenAI is on when it is set.
    package var openAIKey: Secret?
    package var openAIBaseURL = EngineSettings.openAIAddress
    package var localEngines: [LocalEngine] = []
    /// For local servers that ask for one; the others understand none.
    package var localKey: Secret?
    /// What local servers serve when they don't have the model that was asked for; nil for the first of their list.
    package var localModel: String?
    package var localImageModel: String?
    /// The model of a request that names none, by modality.
    package var defaultModels = ModelCatalogue.usualModels
    package var succession = Succession.serve

    package init() {}

    package init(reading reader: SettingsReader) {
        openAIKey = reader.secret("OPENAI_API_KEY", "turns the engine openai on")
        openAIBaseURL = reader.parsed(
            "OPENAI_BASE_URL", default: openAIBaseURL, defaultText: openAIBaseURL,
            allowed: "an address that starts with http:// or https:// and usually ends with /v1", "where openai is"
        ) { Self.isAddress($0) ? $0 : nil }
        localEngines = reader.parsed(
            "ATELIER_LOCAL_ENGINES", default: [], defaultText: "",
            allowed: "name=http://host:port/v1, separated by commas; each name once, of a-z, 0-9, - and _",
            "OpenAI-compatible servers of one's own"
        ) { Self.localEngines($0) }
        localKey = reader.secret("ATELIER_LOCAL_KEY", "the key of the local engines, where they ask for one")
        localModel = reader.text(
            "ATELIER_LOCAL_MODEL", default: nil,
            "what local engines serve when they don't have the model asked for; else the first of their list")
        localImageModel = reader.text(
            "ATELIER_LOCAL_IMAGE_MODEL", default: nil, "the same for images")
        for modality in Modality.allCases {
            let usual: String = ModelCatalogue.usualModels[modality] ?? Sandbox.model
            let model: String = reader.text(
                "ATELIER_\(modality.rawValue.uppercased())_MODEL", default: usual,
                "the \(modality.rawValue) model of a request that names none")
            defaultModels[modality] = model
        }
        succession = reader.choice(
            "ATELIER_SUCCESSION", default: succession, "retired models: serve by the successor, or refuse")
    }

    /// In the order in which they are asked: openai, then the local ones as given.
    package func engines(
        catalogue: ModelCatalogue, egress: Egress, limits: EngineLimits, surroundings: Surroundings, logger: Logger
    ) -> [any Engine] {
        var engines: [any Engine] = []
        if let openAIKey {
            engines.append(
                OpenAICompatible(
                    name: Self.openAIName, baseURL: openAIBaseURL, key: openAIKey, kind: .openAI, catalogue: catalogue,
                    egress: egress, limits: limits, surroundings: surroundings, logger: logger))
        }
        var ownModels: [Modality: String] = [:]
        ownModels[.text] = localModel
        ownModels[.image] = localImageModel
        for local in localEngines {
            engines.append(
                OpenAICompatible(
                    name: local.name, baseURL: local.baseURL, key: localKey, ownModels: ownModels, catalogue: catalogue,
                    egress: egress, limits: limits, surroundings: surroundings, logger: logger))
        }
        return engines
    }

    /// The router over these engines, and the sandbox.
    package func router(
        egress: Egress, limits: EngineLimits, sandbox: SandboxLimits, surroundings: Surroundings, logger: Logger
    ) -> EngineRouter {
        let catalogue = ModelCatalogue(defaults: defaultModels)
        return EngineRouter(
            engines: engines(
                catalogue: catalogue, egress: egress, limits: limits, surroundings: surroundings, logger: logger),
            sandbox: Sandbox(limits: sandbox, surroundings: surroundings), catalogue: catalogue, succession: succession,
            limits: limits, surroundings: surroundings, logger: logger)
    }

    private static let reserved: Set<String> = [openAIName, Sandbox.engineName]

    private static func localEngines(_ text: String) -> [LocalEngine]? {
        var engines: [LocalEngine] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard parts.count == 2, let name = TenantID(parts[0])?.name, isAddress(parts[1]) else { return nil }
            guard !reserved.contains(name), !engines.contains(where: { $0.name == name }) else { return nil }
            engines.append(LocalEngine(name: name, baseURL: parts[1]))
        }
        return engines
    }

    private static func isAddress(_ text: String) -> Bool {
        ["http://", "https://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
    }
}
