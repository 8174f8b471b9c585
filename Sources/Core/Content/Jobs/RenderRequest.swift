import Engines

/// What a queued job is to make, as it is kept in its row.
struct RenderRequest: Sendable, Hashable, Codable {
    var prompt: String
    /// The template's words, for engines that follow them.
    var instructions: String?
    /// `creative-video/1`.
    var template: String?
    var sandboxFault: String?

    var video: Video?
    var image: Image?

    struct Video: Sendable, Hashable, Codable {
        var durationSeconds: Int
        var aspectRatio: AspectRatio
        var framesPerSecond: Int?
        var referenceImages: [String]
    }

    struct Image: Sendable, Hashable, Codable {
        var width: Int
        var height: Int
        var quality: String?
        var style: String?
        var negativePrompt: String?
    }
}
