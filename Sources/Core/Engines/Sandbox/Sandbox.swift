import NIOCore
import Synchronization
package import Vocabulary

/// An engine that needs nothing: no key, no network, no model. What it makes is real (text, PNG, MP4), depends on the
/// prompt alone, and says where it comes from. With `SandboxFault` it plays the bad days of a provider.
///
/// A film is found again by its ticket alone: the ticket's note carries all that is needed, so a process that never saw
/// the submission goes on polling and fetches the same film.
package struct Sandbox: Engine {
    /// The name of the engine, and of its one model.
    package static let engineName = "sandbox"
    package static let model = "sandbox"

    package let name = Sandbox.engineName
    package let modalities = Set(Modality.allCases)
    package let pricing = EnginePricing.free

    private let limits: SandboxLimits
    private let surroundings: Surroundings
    private let studio: SandboxStudio
    private let log: SubmissionsLog?
    private let canceled = RecentNames()
    private let dropped = RecentNames()

    package init(limits: SandboxLimits = SandboxLimits(), surroundings: Surroundings = .system) {
        self.limits = limits
        self.surroundings = surroundings
        studio = SandboxStudio(limits: limits)
        log = limits.submissionsLog.map(SubmissionsLog.init(path:))
    }

    package func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool {
        model == Sandbox.model
    }

    package func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String { Sandbox.model }

    // MARK: Text

    package func text(_ request: TextRequest, _ call: EngineCall) async throws -> TextResult {
        let (prompt, fault) = try SandboxFault.read(prompt: request.prompt, header: call.sandboxFault)
        try await waitForAnswer(fault, call, onTimeout: .providerTimeout)
        switch fault.outcome {
        case .drop: throw EngineError(.providerTimeout, "the sandbox gave no answer, as it was told")
        case .garbage, .truncated: throw Self.garbage
        case let outcome: try Self.refuse(outcome)
        }
        return SandboxText(prompt: prompt, system: request.system).result(
            maximumTokens: request.maximumTokens, system: request.system, requestID: call.requestID)
    }

    package func textStream(
        _ request: TextRequest, _ call: EngineCall
    ) async throws -> AsyncThrowingStream<TextEvent, any Error> {
        let (prompt, fault) = try SandboxFault.read(prompt: request.prompt, header: call.sandboxFault)
        try await waitForAnswer(fault, call, onTimeout: .providerTimeout)
        var breaks = false
        switch fault.outcome {
        case .drop, .truncated: breaks = true
        case .garbage: throw Self.garbage
        case let outcome: try Self.refuse(outcome)
        }
        let result = SandboxText(prompt: prompt, system: request.system).result(
            maximumTokens: request.maximumTokens, system: request.system, requestID: call.requestID)
        let pieces = SandboxText.pieces(of: result.content)
        let steps = breaks ? Array(pieces.prefix(2)) : pieces
        let position = Position()
        return AsyncThrowingStream { [breaks] in
            let index = position.advance()
            if index < steps.count { return .delta(steps[index]) }
            if breaks {
                throw EngineError(.streamInterrupted, "the sandbox broke off, as it was told")
            }
            return index == steps.count ? .finished(result) : nil
        }
    }

    // MARK: Images

    package func image(_ request: ImageRequest, _ call: EngineCall) async throws -> ImageResult {
        let (prompt, fault) = try SandboxFault.read(prompt: request.prompt, header: call.sandboxFault)
        let sizes = ModelCatalogue.anySize
        guard sizes.contains(ImageSize(request.width, request.height)) else {
            throw EngineError(.unsupportedParameter, "the sandbox makes images of \(sizes)")
        }
        try await waitForAnswer(fault, call, onTimeout: .providerTimeout)
        if fault.outcome == .drop {
            throw EngineError(.providerTimeout, "the sandbox gave no answer, as it was told")
        }
        try Self.refuse(fault.outcome)
        let picture = SandboxPicture(prompt: prompt, width: request.width, height: request.height)
        let media = try await media(fault.outcome, type: "image/png") { try picture.png() }
        return ImageResult(media: media, revisedPrompt: prompt, providerRequestID: "sandbox-\(call.requestID)")
    }

    // MARK: Films

    package func submitVideo(_ request: VideoRequest, _ call: EngineCall) async throws -> VideoTicket {
        let (prompt, fault) = try SandboxFault.read(prompt: request.prompt, header: call.sandboxFault)
        guard ModelCatalogue.anyDuration.contains(request.durationSeconds) else {
            throw EngineError(
                .unsupportedParameter, "the sandbox makes films of \(ModelCatalogue.anyDuration) seconds")
        }
        switch fault.outcome {
        case .rateLimited, .serverError, .moderated: try Self.refuse(fault.outcome)
        default: break
        }
        let order = SandboxTicket(
            prompt: String(prompt.prefix(SandboxTicket.drawnPrompt)), seconds: request.durationSeconds,
            aspect: request.aspectRatio,
            framesPerSecond: min(max(request.framesPerSecond ?? SandboxFilm.usualFramesPerSecond, 1), 60),
            submittedAt: surroundings.now().microseconds, renderTime: renderTime(fault).wholeMicroseconds,
            outcome: fault.outcome)
        let ticket = VideoTicket(
            engine: name, model: Sandbox.model, id: order.id(requestID: call.requestID), note: try order.note())
        try await log?.append(requestID: call.requestID, ticket)
        if let slow = fault.slow { try await wait(.milliseconds(slow), call, onTimeout: .submitUnknown) }
        if fault.outcome == .drop {
            dropped.insert(call.requestID)
            throw EngineError(.submitUnknown, "the sandbox took the film and gave no answer, as it was told")
        }
        return ticket
    }

    /// With a list of submissions it knows; without one nothing is left of a film but its ticket, so that doing it
    /// again does no harm. What it dropped on demand it can't tell: that is the demand.
    package func reconcile(_ modality: Modality, _ call: EngineCall) async throws -> Reconciliation {
        guard modality == .video else { return .notTaken }
        if dropped.contains(call.requestID) { return .cannotTell }
        guard let log, let ticket = try await log.ticket(requestID: call.requestID, engine: name) else {
            return .notTaken
        }
        return try SandboxTicket.read(ticket).outcome == .drop ? .cannotTell : .taken(ticket)
    }

    package func pollVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> VideoProgress {
        let order = try SandboxTicket.read(ticket)
        if canceled.contains(ticket.id) { return .canceled }
        let progress = order.progress(at: surroundings.now())
        guard progress == 100 else {
            // A restarted clock may stand before the submission; a poll is due within one render at any rate.
            let left = (order.readyAt - surroundings.now()).wholeMicroseconds
            let pause = min(max(left, 20_000), max(order.renderTime / 4, 20_000))
            return .rendering(progress: min(progress, 99), nextPoll: .microseconds(pause))
        }
        switch order.outcome {
        case .moderatedLate:
            return .failed(EngineError(.contentBlockedOutput, "the film was refused for its content"))
        case .fail:
            return .failed(EngineError(.generationFailed, "the film failed, as the sandbox was told"))
        default: return .ready(ticket)
        }
    }

    package func cancelVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> Bool {
        _ = try SandboxTicket.read(ticket)
        canceled.insert(ticket.id)
        return true
    }

    package func fetchVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> MediaStream {
        let order = try SandboxTicket.read(ticket)
        if canceled.contains(ticket.id) { throw EngineError(.canceled, "the film was canceled") }
        let film = SandboxFilm(
            prompt: order.prompt, seconds: order.seconds, aspect: order.aspect, framesPerSecond: order.framesPerSecond)
        return try await media(order.outcome, type: "video/mp4") { try film.mp4() }
    }

    private func renderTime(_ fault: SandboxFault) -> Duration {
        guard let late = fault.late else { return limits.renderTime }
        return late == 0 ? limits.renderTime * 10 : .milliseconds(late)
    }

    // MARK: Faults

    private static let garbage = EngineError(
        .providerError, "the sandbox's answer made no sense, as it was told", httpStatus: 200)

    private static func refuse(_ outcome: SandboxFault.Outcome?) throws {
        switch outcome {
        case .rateLimited:
            throw EngineError(
                .providerRateLimited, "the sandbox limits requests, as it was told", httpStatus: 429,
                providerCode: "rate_limit_exceeded", retryAfter: .seconds(1))
        case .serverError:
            throw EngineError(
                .providerError, "the sandbox failed, as it was told", httpStatus: 500, providerCode: "server_error")
        case .moderated:
            throw EngineError(
                .contentBlockedInput, "the prompt was refused for its content", httpStatus: 400,
                providerCode: "moderation_blocked")
        case .moderatedLate:
            throw EngineError(
                .contentBlockedOutput, "the result was refused for its content", httpStatus: 400,
                providerCode: "moderation_blocked")
        case .fail: throw EngineError(.generationFailed, "the work failed, as the sandbox was told")
        case .garbage, .truncated, .drop, nil: break
        }
    }

    /// The bytes of a result, spoilt as the fault says.
    private func media(
        _ outcome: SandboxFault.Outcome?, type: String, _ work: @escaping @Sendable () throws -> [UInt8]
    ) async throws -> MediaStream {
        if outcome == .garbage {
            let page = Array("<!doctype html><title>Bad Gateway</title><p>The sandbox sends a page instead.\n".utf8)
            return Self.stream(page, length: page.count, type: type)
        }
        let bytes = try await studio.draw(work)
        let sent = outcome == .truncated ? Array(bytes.prefix(bytes.count / 2)) : bytes
        return Self.stream(sent, length: bytes.count, type: type)
    }

    private static func stream(_ bytes: [UInt8], length: Int, type: String) -> MediaStream {
        let size = 256 << 10
        let position = Position()
        let body = AsyncThrowingStream<ByteBuffer, any Error> {
            let start = position.advance() * size
            guard start < bytes.count else { return nil }
            return ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
        }
        return MediaStream(contentType: type, length: Int64(length), body: body)
    }

    private func waitForAnswer(_ fault: SandboxFault, _ call: EngineCall, onTimeout code: EngineError.Code) async throws
    {
        var wait = fault.slow.map { Duration.milliseconds($0) } ?? .zero
        if fault.late != nil || fault.outcome == .moderatedLate { wait += renderTime(fault) }
        if wait > .zero { try await self.wait(wait, call, onTimeout: code) }
    }

    private func wait(_ time: Duration, _ call: EngineCall, onTimeout code: EngineError.Code) async throws {
        let left = call.deadline - surroundings.now()
        try await Task.sleep(for: min(time, max(left, .zero)))
        if time > left { throw EngineError(code, "the sandbox was slower than the deadline") }
    }
}

/// A count that a stream's closure goes on with.
private final class Position: Sendable {
    private let value = Atomic<Int>(0)

    /// 0 at the first call.
    func advance() -> Int { value.add(1, ordering: .relaxed).oldValue }
}

/// The last so many names of this process: films canceled, requests dropped.
private final class RecentNames: Sendable {
    static let capacity = 10_000
    private let state = Mutex((names: Set<String>(), order: [String]()))

    func insert(_ name: String) {
        state.withLock { state in
            guard state.names.insert(name).inserted else { return }
            state.order.append(name)
            if state.order.count > Self.capacity { state.names.remove(state.order.removeFirst()) }
        }
    }

    func contains(_ name: String) -> Bool { state.withLock { $0.names.contains(name) } }
}
