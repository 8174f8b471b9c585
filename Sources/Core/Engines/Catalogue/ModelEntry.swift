package import Vocabulary

/// One model: who makes it, what it can do, when it ends and what takes over.
package struct ModelEntry: Sendable, Hashable {
    package var id: String
    /// Other names under which clients ask for it.
    package var aliases: [String]
    package var modality: Modality
    /// The engine that its maker runs, as it is named in settings: `openai`, `sandbox`. Other makers' engines have no
    /// driver yet; their models are known so that what they take can be checked.
    package var maker: String
    package var durations: DurationRule?
    package var sizes: ImageSizeRule?
    /// The moment from which the maker refuses it.
    package var sunset: Timestamp?
    /// What the maker names as its successor.
    package var successor: String?
    package var temperature: TemperatureRule

    /// Whether a text model lets the caller choose a temperature.
    package enum TemperatureRule: Sendable, Hashable {
        case taken
        /// Only with reasoning switched off (`reasoning_effort: none`).
        case takenWithoutReasoning
        case refused
    }

    package init(
        _ id: String, _ modality: Modality, maker: String, aliases: [String] = [], durations: DurationRule? = nil,
        sizes: ImageSizeRule? = nil, sunset: String? = nil, successor: String? = nil,
        temperature: TemperatureRule = .taken
    ) {
        self.id = id
        self.aliases = aliases
        self.modality = modality
        self.maker = maker
        self.durations = durations
        self.sizes = sizes
        self.sunset = sunset.flatMap { Timestamp("\($0)T00:00:00Z") }
        self.successor = successor
        self.temperature = temperature
    }

    package func isRetired(at moment: Timestamp) -> Bool { sunset.map { $0 <= moment } ?? false }
}
