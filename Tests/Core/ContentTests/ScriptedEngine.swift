import Engines
import NIOCore
import Synchronization
import Vocabulary

/// An engine whose every answer is the test's, and that counts what it is asked.
final class ScriptedEngine: Engine {
    struct Script: Sendable {
        var submit: @Sendable (VideoRequest, EngineCall) async throws -> VideoTicket = { request, call in
            VideoTicket(engine: "scripted", model: request.model, id: call.requestID)
        }
        var poll: @Sendable (VideoTicket) async throws -> VideoProgress = { .ready($0) }
        var fetch: @Sendable (VideoTicket) async throws -> MediaStream = { _ in
            throw EngineError(.assetDownloadFailed, "no film")
        }
        var image: @Sendable (ImageRequest) async throws -> ImageResult = { _ in
            throw EngineError(.generationFailed, "no image")
        }
        var reconcile: @Sendable (EngineCall) async throws -> Reconciliation = { _ in .cannotTell }
    }

    let name: String
    let modalities: Set<Modality>
    let pricing = EnginePricing.unknown
    let script: Mutex<Script>
    private let counts = Mutex<[String: Int]>([:])

    init(
        name: String = "scripted", modalities: Set<Modality> = Set(Modality.allCases), _ script: Script = Script()
    ) {
        self.name = name
        self.modalities = modalities
        self.script = Mutex(script)
    }

    func count(_ call: String) -> Int { counts.withLock { $0[call] ?? 0 } }

    private func counted(_ call: String) -> Script {
        counts.withLock { $0[call, default: 0] += 1 }
        return script.withLock { $0 }
    }

    func text(_ request: TextRequest, _ call: EngineCall) async throws -> TextResult {
        _ = counted("text")
        throw EngineError(.providerError, "no text")
    }

    func textStream(
        _ request: TextRequest, _ call: EngineCall
    ) async throws -> AsyncThrowingStream<TextEvent, any Error> {
        _ = counted("textStream")
        throw EngineError(.providerError, "no text")
    }

    func image(_ request: ImageRequest, _ call: EngineCall) async throws -> ImageResult {
        try await counted("image").image(request)
    }

    func submitVideo(_ request: VideoRequest, _ call: EngineCall) async throws -> VideoTicket {
        try await counted("submit").submit(request, call)
    }

    func pollVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> VideoProgress {
        try await counted("poll").poll(ticket)
    }

    func cancelVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> Bool {
        _ = counted("cancel")
        return true
    }

    func fetchVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> MediaStream {
        try await counted("fetch").fetch(ticket)
    }

    func reconcile(_ modality: Modality, _ call: EngineCall) async throws -> Reconciliation {
        try await counted("reconcile").reconcile(call)
    }

    func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool { true }
    func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String { "scripted-1" }
}

extension MediaStream {
    /// Those bytes, in one piece.
    static func bytes(_ bytes: [UInt8], type: String? = nil, length: Int64? = nil) -> MediaStream {
        MediaStream(
            contentType: type, length: length,
            body: AsyncThrowingStream { continuation in
                continuation.yield(ByteBuffer(bytes: bytes))
                continuation.finish()
            })
    }
}
