package import Vocabulary

/// What is known of models. Looked up by id or alias; an unknown model has the widest rules, for the engine decides.
package struct ModelCatalogue: Sendable {
    package let entries: [ModelEntry]
    /// The model of a request that names none.
    package var defaults: [Modality: String]
    private let byName: [String: ModelEntry]

    package init(
        entries: [ModelEntry] = ModelCatalogue.known, defaults: [Modality: String] = ModelCatalogue.usualModels
    ) {
        self.entries = entries
        self.defaults = defaults
        byName = Dictionary(
            entries.flatMap { entry in ([entry.id] + entry.aliases).map { ($0.lowercased(), entry) } }
        ) { first, _ in first }
    }

    /// Without regard to case.
    package func entry(_ model: String) -> ModelEntry? { byName[model] ?? byName[model.lowercased()] }

    /// The model of a request that names none.
    package func defaultModel(for modality: Modality) -> String { defaults[modality] ?? Sandbox.model }

    /// What follows the model at that moment: itself while it lives, else the first living successor. A known name
    /// comes back in the maker's spelling.
    package func living(_ model: String, at moment: Timestamp) -> String {
        var name = model
        for _ in 0..<8 {
            guard let entry = entry(name), entry.isRetired(at: moment), let next = entry.successor else { break }
            name = next
        }
        return entry(name) == nil ? name : name.lowercased()
    }

    // MARK: Films

    /// The lengths that a client may ask of the model.
    package func validDurations(_ model: String) -> DurationRule { entry(model)?.durations ?? Self.anyDuration }

    /// The length in seconds that the model makes and that is nearest to the one asked.
    package func nearestDuration(_ seconds: Int, model: String) -> Int {
        validDurations(model).nearest(to: seconds)
    }

    // MARK: Images

    /// The sizes that a client may ask of the model.
    package func validSizes(_ model: String) -> ImageSizeRule { entry(model)?.sizes ?? Self.anySize }

    package static let anyDuration = DurationRule.range(1...60)
    package static let anySize = ImageSizeRule.sides(64...2048, step: 1, ratio: 32)
}
