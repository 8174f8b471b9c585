package import Egress
import FoundationEssentials
package import Logging
import NIOCore
package import Vocabulary

/// Any server that speaks OpenAI's chat completions and images: OpenAI itself, and local servers.
///
/// It makes no films. A picture is asked for once: who doesn't answer may have made it, and there is no key by which a
/// repetition would be recognised.
package struct OpenAICompatible: Engine {
    /// Whose server it is.
    package enum Kind: Sendable, Hashable {
        /// OpenAI: newer names of parameters, per-model rules, prices from the book.
        case openAI
        /// One's own: the subset that llama.cpp, vLLM, Ollama and LocalAI share; costs nothing.
        case local
    }

    package let name: String
    package let modalities: Set<Modality> = [.text, .image]
    package let kind: Kind
    private let client: OpenAICompatibleClient
    private let list: ModelList
    private let limits: EngineLimits
    private let catalogue: ModelCatalogue
    private let ownModels: [Modality: String]
    private let surroundings: Surroundings
    private let logger: Logger

    /// - Parameters:
    ///   - name: under which it stands in answers and settings.
    ///   - baseURL: with its version, `https://api.openai.com/v1`; a slash at the end doesn't matter.
    ///   - ownModels: what it serves when another engine's model was asked for; otherwise the first of its list.
    package init(
        name: String, baseURL: String, key: Secret?, kind: Kind = .local, ownModels: [Modality: String] = [:],
        catalogue: ModelCatalogue = ModelCatalogue(), egress: Egress, limits: EngineLimits = EngineLimits(),
        surroundings: Surroundings = .system, logger: Logger
    ) {
        self.name = name
        self.kind = kind
        self.limits = limits
        self.catalogue = catalogue
        self.ownModels = ownModels
        self.surroundings = surroundings
        self.logger = logger
        client = OpenAICompatibleClient(
            engine: name, baseURL: baseURL, key: key, egress: egress, surroundings: surroundings)
        list = ModelList(client: client, limits: limits, surroundings: surroundings)
    }

    package var pricing: EnginePricing { kind == .local ? .free : .listed(.openAI) }

    // MARK: Models

    package func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool {
        if ownModels[modality] == model { return true }
        if kind == .openAI, let entry = catalogue.entry(model) {
            return entry.maker == "openai" && entry.modality == modality
        }
        return ((try? await list.models(call)) ?? []).contains(model)
    }

    package func isReachable(_ call: EngineCall) async -> Bool { await client.isReachable(call) }

    package func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String {
        if let own = ownModels[modality] { return own }
        if kind == .openAI {
            let usual = ModelCatalogue.usualModels[modality] ?? catalogue.defaultModel(for: modality)
            return catalogue.living(usual, at: surroundings.now())
        }
        do {
            return try await list.models(call).first ?? Self.nameless
        } catch let error as EngineError where error.code == .modelNotFound || error.code == .providerRejectedRequest {
            return Self.nameless
        }
    }

    /// For servers that have no list: those serve one model under any name.
    private static let nameless = "default"

    // MARK: Text

    package func text(_ request: TextRequest, _ call: EngineCall) async throws -> TextResult {
        let (answer, requestID) = try await client.answer(
            ChatAnswer.self, to: "/chat/completions", chat(request, stream: false).json, cap: limits.textAnswer, call,
            for: .text, plain: ChatAnswer.init(plain:))
        let errors = client.errors
        if let fault = answer.error { throw errors.refusal(status: 200, fault: fault) }
        guard let choice = answer.choices?.first else {
            throw EngineError(.generationFailed, errors.sentence(.generationFailed), providerRequestID: requestID)
        }
        let content = choice.message?.content ?? ""
        if let error = Self.emptiness(content, choice.finishReason, refusal: choice.message?.refusal ?? "", errors) {
            throw error
        }
        if answer.usage?.tokens == nil { noteEstimate(call) }
        return TextResult(
            content: content,
            usage: answer.usage?.tokens ?? TokenUsage(estimatedFrom: request.whole, completion: content),
            finishReason: choice.finishReason ?? "stop", providerRequestID: requestID ?? answer.id)
    }

    package func textStream(
        _ request: TextRequest, _ call: EngineCall
    ) async throws -> AsyncThrowingStream<TextEvent, any Error> {
        let response = try await client.post(
            "/chat/completions", chat(request, stream: true).json, accept: "text/event-stream",
            cap: limits.textAnswer, call, for: .text)
        let stream = ChatStream(
            events: PulledStream(client.egress.events(response)), prompt: request.whole,
            requestID: OpenAICompatibleError.requestID(response.headers), errors: client.errors,
            noteEstimate: { noteEstimate(call) })
        return AsyncThrowingStream { try await stream.next() }
    }

    private func chat(_ request: TextRequest, stream: Bool) -> ChatRequest {
        var messages: [ChatRequest.Message] = []
        if let system = request.system, !system.isEmpty { messages.append(.init(role: "system", content: system)) }
        messages.append(.init(role: "user", content: request.prompt))
        var chat = ChatRequest(model: request.model, messages: messages)
        if stream {
            chat.stream = true
            chat.streamOptions = .init(includeUsage: true)
        }
        guard kind == .openAI else {
            chat.maxTokens = request.maximumTokens
            chat.temperature = request.temperature
            return chat
        }
        chat.maxCompletionTokens = request.maximumTokens
        switch catalogue.entry(request.model)?.temperature ?? .taken {
        case .taken: chat.temperature = request.temperature
        case .takenWithoutReasoning:
            chat.temperature = request.temperature
            chat.reasoningEffort = "none"
        case .refused: break
        }
        return chat
    }

    /// Why a text that is over is no result; nil when it is one.
    static func emptiness(
        _ content: String, _ finishReason: String?, refusal: String, _ errors: OpenAICompatibleError
    ) -> EngineError? {
        guard content.isEmpty else { return nil }
        let code: EngineError.Code =
            if finishReason == "content_filter" {
                .contentBlockedInput
            } else if !refusal.isEmpty {
                .contentBlockedOutput
            } else {
                .generationFailed
            }
        return EngineError(
            code, errors.sentence(code), providerDetail: refusal.isEmpty ? nil : errors.cut(refusal), httpStatus: 200,
            providerCode: finishReason)
    }

    private func noteEstimate(_ call: EngineCall) {
        logger.info(
            "the engine counted no tokens; they are estimated",
            metadata: ["engine": "\(name)", "request_id": "\(call.requestID)"])
    }

    // MARK: Images

    package func image(_ request: ImageRequest, _ call: EngineCall) async throws -> ImageResult {
        let (answer, requestID) = try await client.answer(
            ImagesAnswer.self, to: "/images/generations", [UInt8](try JSONEncoder().encode(picture(request))),
            cap: limits.imageAnswer, call, for: .image)
        let errors = client.errors
        if let fault = answer.error { throw errors.refusal(status: 200, fault: fault) }
        let unusable = EngineError(
            .generationFailed, errors.sentence(.generationFailed), httpStatus: 200, providerRequestID: requestID)
        guard let item = answer.data?.first else { throw unusable }
        if let base64 = item.base64, !base64.isEmpty {
            guard let data = Data(base64Encoded: base64), !data.isEmpty else {
                throw unusable
            }
            let media = MediaStream(
                contentType: answer.outputFormat.map { "image/\($0)" }, length: Int64(data.count),
                body: AsyncThrowingStream(once: ByteBuffer(bytes: data)))
            return ImageResult(media: media, revisedPrompt: item.revisedPrompt, providerRequestID: requestID)
        }
        guard let url = item.url, !url.isEmpty else { throw unusable }
        let media = try await client.asset(url, cap: limits.imageAnswer, call)
        return ImageResult(media: media, revisedPrompt: item.revisedPrompt, providerRequestID: requestID)
    }

    /// GPT image models refuse `style` and `response_format`, and know neither `standard` nor `hd`; DALL-E knows
    /// nothing else; of other models only the size is known to be understood.
    private func picture(_ request: ImageRequest) -> ImagesRequest {
        var prompt = request.fullPrompt
        if let negative = request.negativePrompt, !negative.isEmpty { prompt += "\n\nAvoid: \(negative)" }
        let size = ImageSize(request.width, request.height)
        var picture = ImagesRequest(model: request.model, prompt: prompt, size: size.description)
        if request.model.hasPrefix("gpt-image") || request.model.hasPrefix("chatgpt-image") {
            let sizes = catalogue.entry(request.model)?.sizes ?? ModelCatalogue.gptImageSizes
            picture.size = sizes.nearest(to: size).description
            picture.quality = Self.gptQuality(request.quality)
        } else if request.model.hasPrefix("dall-e") {
            picture.quality = request.quality == "hd" || request.quality == "high" ? "hd" : "standard"
            picture.style = request.style
            picture.responseFormat = "b64_json"
        }
        return picture
    }

    private static func gptQuality(_ quality: String?) -> String? {
        switch quality {
        case "hd": "high"
        case "standard": "auto"
        case "auto", "low", "medium", "high", "xhigh", "max": quality
        default: nil
        }
    }

    // MARK: Films

    private var noFilms: EngineError { EngineError(.unsupportedParameter, "the engine \(name) makes no films") }

    package func submitVideo(_ request: VideoRequest, _ call: EngineCall) async throws -> VideoTicket { throw noFilms }

    package func pollVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> VideoProgress { throw noFilms }

    package func cancelVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> Bool { throw noFilms }

    package func fetchVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> MediaStream { throw noFilms }
}

extension TextRequest {
    /// All that is sent, for the estimate of tokens.
    var whole: String { (system.map { $0 + "\n" } ?? "") + prompt }
}
