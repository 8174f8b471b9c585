import Engines
import NIOCore
import Synchronization
import TestKit
import Vocabulary

/// An engine that plays a script: one step per call, the last one for ever.
final class ScriptedEngine: Engine {
    enum Step: Sendable {
        case text(String)
        case error(EngineError)
        /// Waits until the call's deadline, then times out.
        case hang
        /// Moves the clock to the call's deadline, then times out.
        case hangs(TestClock)
        /// A stream that breaks with this after its first piece.
        case breaks(EngineError)
    }

    let name: String
    let modalities: Set<Modality>
    private let models: Set<String>
    private let state: Mutex<(script: [Step], calls: [String])>

    init(_ name: String, models: Set<String> = [], modalities: Set<Modality> = [.text, .image], _ script: Step...) {
        self.name = name
        self.models = models
        self.modalities = modalities
        state = Mutex((script, []))
    }

    /// The models that were asked for, one per call.
    var calls: [String] { state.withLock { $0.calls } }

    func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool { models.contains(model) }
    func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String { "\(name)-own" }

    private func step(_ model: String) -> Step {
        state.withLock { state in
            state.calls.append(model)
            return state.script.count > 1 ? state.script.removeFirst() : state.script[0]
        }
    }

    private func play(_ step: Step, _ call: EngineCall) async throws -> String {
        switch step {
        case .text(let text): return text
        case .error(let error): throw error
        case .hang:
            try await Task.sleep(for: call.deadline - .system())
            throw EngineError(.providerTimeout, "hung")
        case .hangs(let clock):
            clock.set(to: call.deadline)
            throw EngineError(.providerTimeout, "hung")
        case .breaks: return "first"
        }
    }

    func text(_ request: TextRequest, _ call: EngineCall) async throws -> TextResult {
        let content = try await play(step(request.model), call)
        return TextResult(content: content, usage: TokenUsage(prompt: 1, completion: 1), finishReason: "stop")
    }

    func textStream(
        _ request: TextRequest, _ call: EngineCall
    ) async throws -> AsyncThrowingStream<TextEvent, any Error> {
        let step = step(request.model)
        let content = try await play(step, call)
        let result = TextResult(content: content, usage: TokenUsage(prompt: 1, completion: 1), finishReason: "stop")
        return AsyncThrowingStream { continuation in
            continuation.yield(.delta(content))
            if case .breaks(let error) = step {
                continuation.finish(throwing: error)
            } else {
                continuation.yield(.finished(result))
                continuation.finish()
            }
        }
    }

    func image(_ request: ImageRequest, _ call: EngineCall) async throws -> ImageResult {
        let content = try await play(step(request.model), call)
        let body = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish() }
        return ImageResult(media: MediaStream(contentType: nil, length: nil, body: body), revisedPrompt: content)
    }

    func submitVideo(_ request: VideoRequest, _ call: EngineCall) async throws -> VideoTicket {
        VideoTicket(engine: name, model: request.model, id: try await play(step(request.model), call))
    }

    func pollVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> VideoProgress { .ready(ticket) }
    func cancelVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> Bool { false }

    func fetchVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> MediaStream {
        MediaStream(contentType: nil, length: nil, body: AsyncThrowingStream { $0.finish() })
    }
}
