package import NIOCore

package struct TextRequest: Sendable, Hashable {
    /// The engine's own name of the model.
    package var model: String
    package var system: String?
    package var prompt: String
    package var maximumTokens: Int
    package var temperature: Double

    package init(model: String, system: String?, prompt: String, maximumTokens: Int, temperature: Double) {
        self.model = model
        self.system = system
        self.prompt = prompt
        self.maximumTokens = maximumTokens
        self.temperature = temperature
    }
}

/// Tokens as the engine counted them.
package struct TokenUsage: Sendable, Hashable {
    package var prompt: Int
    package var completion: Int
    package var total: Int { prompt + completion }

    package init(prompt: Int, completion: Int) {
        self.prompt = prompt
        self.completion = completion
    }

    /// The rule where nobody counted: one token per four UTF-8 bytes or part of them.
    package init(estimatedFrom prompt: String, completion: String) {
        self.init(prompt: Self.estimate(prompt), completion: Self.estimate(completion))
    }

    package static func estimate(_ text: String) -> Int { (text.utf8.count + 3) / 4 }
}

package struct TextResult: Sendable, Hashable {
    package var content: String
    package var usage: TokenUsage
    /// `stop`, `length`, or what else the engine says.
    package var finishReason: String
    /// The provider's id of the request, for the record.
    package var providerRequestID: String?

    package init(content: String, usage: TokenUsage, finishReason: String, providerRequestID: String? = nil) {
        self.content = content
        self.usage = usage
        self.finishReason = finishReason
        self.providerRequestID = providerRequestID
    }
}

package enum TextEvent: Sendable, Hashable {
    case delta(String)
    /// The last event. `content` is the whole text.
    case finished(TextResult)
}

package struct ImageRequest: Sendable, Hashable {
    package var model: String
    /// As the caller wrote it.
    package var prompt: String
    /// The template that goes with it, for engines that follow words: they are sent `fullPrompt`.
    package var instructions: String?
    package var negativePrompt: String?
    package var width: Int
    package var height: Int
    /// As the caller wrote it: `standard`, `hd`, `low`, …
    package var quality: String?
    /// `vivid` or `natural`.
    package var style: String?

    package init(
        model: String, prompt: String, instructions: String? = nil, negativePrompt: String? = nil, width: Int,
        height: Int, quality: String? = nil,
        style: String? = nil
    ) {
        self.model = model
        self.prompt = prompt
        self.instructions = instructions
        self.negativePrompt = negativePrompt
        self.width = width
        self.height = height
        self.quality = quality
        self.style = style
    }

    /// Prompt and instructions, for engines that take one text.
    package var fullPrompt: String { instructions.map { "\(prompt)\n\n\($0)" } ?? prompt }
}

package struct ImageResult: Sendable {
    package var media: MediaStream
    package var revisedPrompt: String?
    package var providerRequestID: String?

    package init(media: MediaStream, revisedPrompt: String? = nil, providerRequestID: String? = nil) {
        self.media = media
        self.revisedPrompt = revisedPrompt
        self.providerRequestID = providerRequestID
    }
}

/// Bytes of an image or a film on their way, with what the sender says of them. Neither is believed before it is
/// checked.
package struct MediaStream: Sendable {
    package var contentType: String?
    package var length: Int64?
    /// Throws `EngineError`.
    package var body: AsyncThrowingStream<ByteBuffer, any Error>

    package init(contentType: String?, length: Int64?, body: AsyncThrowingStream<ByteBuffer, any Error>) {
        self.contentType = contentType
        self.length = length
        self.body = body
    }
}

package struct VideoRequest: Sendable, Hashable {
    package var model: String
    /// As the caller wrote it.
    package var prompt: String
    /// The template that goes with it, for engines that follow words: they are sent `fullPrompt`.
    package var instructions: String?
    package var durationSeconds: Int
    package var aspectRatio: AspectRatio
    package var framesPerSecond: Int?
    /// URLs named by the tenant.
    package var referenceImages: [String]

    package init(
        model: String, prompt: String, instructions: String? = nil, durationSeconds: Int, aspectRatio: AspectRatio,
        framesPerSecond: Int? = nil,
        referenceImages: [String] = []
    ) {
        self.model = model
        self.prompt = prompt
        self.instructions = instructions
        self.durationSeconds = durationSeconds
        self.aspectRatio = aspectRatio
        self.framesPerSecond = framesPerSecond
        self.referenceImages = referenceImages
    }

    /// Prompt and instructions, for engines that take one text.
    package var fullPrompt: String { instructions.map { "\(prompt)\n\n\($0)" } ?? prompt }
}

package enum AspectRatio: String, Sendable, Codable, CaseIterable {
    case landscape = "16:9"
    case portrait = "9:16"
    case square = "1:1"
}

/// A provider's receipt for a film: with it, and only with it, the render is found again.
package struct VideoTicket: Sendable, Hashable, Codable {
    package var engine: String
    package var model: String
    /// The provider's id of the render.
    package var id: String
    /// What else the engine wants to find again: what a poll needs, where the file lies.
    package var note: String?

    package init(engine: String, model: String, id: String, note: String? = nil) {
        self.engine = engine
        self.model = model
        self.id = id
        self.note = note
    }
}

package enum VideoProgress: Sendable, Hashable {
    /// 0…100. `nextPoll` is the provider's wish, if it has one.
    case rendering(progress: Int, nextPoll: Duration?)
    /// The film can be fetched. The ticket to do it with.
    case ready(VideoTicket)
    case failed(EngineError)
    case canceled
}
