import Egress
import FoundationEssentials
import HTTPTypes
import Vocabulary

/// What has been read of a streamed chat completion. Fed with the data of each event; knows nothing of the network.
struct ChatStreamState: Sendable {
    enum Action: Sendable, Hashable {
        case delta(String)
        case nothing
        /// The stream said that it is over.
        case end
        case fail(EngineError)
    }

    let errors: OpenAICompatibleError
    private(set) var content = ""
    private var refusal = ""
    private var finishReason: String?
    private var usage: TokenUsage?
    private var id: String?
    private var isDone = false

    init(errors: OpenAICompatibleError) { self.errors = errors }

    mutating func take(_ data: String) -> Action {
        if data == "[DONE]" {
            isDone = true
            return .end
        }
        guard let chunk = try? JSONDecoder().decode(ChatChunk.self, from: Data(data.utf8)) else {
            return .fail(errors.notUnderstood(status: 200, headers: [:], Array(data.utf8)))
        }
        if let fault = chunk.error { return .fail(errors.refusal(status: 200, fault: fault)) }
        id = id ?? chunk.id
        usage = chunk.usage?.tokens ?? usage
        guard let choice = chunk.choices?.first else { return .nothing }
        finishReason = choice.finishReason ?? finishReason
        refusal += choice.delta?.refusal ?? ""
        guard let text = choice.delta?.content, !text.isEmpty else { return .nothing }
        content += text
        return .delta(text)
    }

    /// The whole text, once the stream is over.
    /// - Parameter prompt: for the estimate of tokens where the server counted none.
    func result(prompt: String) -> Result<(text: TextResult, isEstimated: Bool), EngineError> {
        guard isDone || finishReason != nil else {
            let code: EngineError.Code = content.isEmpty ? .providerError : .streamInterrupted
            return .failure(EngineError(code, errors.sentence(code)))
        }
        if let error = OpenAICompatible.emptiness(content, finishReason, refusal: refusal, errors) {
            return .failure(error)
        }
        return .success(
            (
                text: TextResult(
                    content: content, usage: usage ?? TokenUsage(estimatedFrom: prompt, completion: content),
                    finishReason: finishReason ?? "stop", providerRequestID: id),
                isEstimated: usage == nil
            ))
    }
}

/// Gives out a streamed chat completion as it is pulled.
actor ChatStream {
    private let events: PulledStream<ServerSentEvent>
    private let prompt: String
    private let noteEstimate: @Sendable () -> Void
    private let requestID: String?
    private var state: ChatStreamState
    private var isOver = false

    init(
        events: PulledStream<ServerSentEvent>, prompt: String, requestID: String?, errors: OpenAICompatibleError,
        noteEstimate: @escaping @Sendable () -> Void
    ) {
        self.events = events
        self.prompt = prompt
        self.requestID = requestID
        self.noteEstimate = noteEstimate
        state = ChatStreamState(errors: errors)
    }

    /// The next piece; the whole text at the end; then nil.
    func next() async throws -> TextEvent? {
        guard !isOver else { return nil }
        do {
            while let event = try await events.next() {
                switch state.take(event.data) {
                case .delta(let text): return .delta(text)
                case .nothing: continue
                case .end: return try finish()
                case .fail(let error): throw error
                }
            }
            try Task.checkCancellation()
            return try finish()
        } catch {
            isOver = true
            throw outward(error)
        }
    }

    private func finish() throws -> TextEvent {
        var (text, isEstimated) = try state.result(prompt: prompt).get()
        isOver = true
        if isEstimated { noteEstimate() }
        text.providerRequestID = requestID ?? text.providerRequestID
        return .finished(text)
    }

    /// After the first piece every failure is an interruption; the cause goes to the log.
    private func outward(_ error: any Error) -> any Error {
        let cause: EngineError
        switch error {
        case let error as EgressError: cause = state.errors.failure(error, for: .text)
        case let error as EngineError: cause = error
        default: return error
        }
        guard !state.content.isEmpty, cause.code != .contentBlockedOutput else { return cause }
        return EngineError(
            .streamInterrupted, state.errors.sentence(.streamInterrupted),
            providerDetail: "\(cause.code.rawValue): \(cause.providerDetail ?? "")", httpStatus: cause.httpStatus,
            providerCode: cause.providerCode, providerRequestID: requestID)
    }
}
