/// A stream of text whose first event has come.
struct OpenedTextStream: Sendable {
    private let first: TextEvent
    private let rest: PulledStream<TextEvent>

    /// Opens the stream and waits for its first event.
    /// - Throws: what the engine throws; `EngineError` with `.providerTimeout` when nothing came within `limit`, and
    /// with   `.generationFailed` when the stream was empty.
    static func open(
        _ engine: any Engine, _ request: TextRequest, _ call: EngineCall, firstWithin limit: Duration
    ) async throws -> OpenedTextStream {
        try await withThrowingTaskGroup(of: OpenedTextStream?.self) { group in
            group.addTask {
                let rest = PulledStream(try await engine.textStream(request, call))
                guard let first = try await rest.next() else {
                    throw EngineError(.generationFailed, "the engine \(engine.name) sent no text")
                }
                return OpenedTextStream(first: first, rest: rest)
            }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let opened = try await group.next() ?? nil else {
                throw EngineError(.providerTimeout, "the engine \(engine.name) sent no text in time")
            }
            return opened
        }
    }

    /// All events, the first included.
    /// - Parameter ended: called once when the stream breaks, with the reason.
    func events(ended: @escaping @Sendable (EngineError.Code) -> Void) -> AsyncThrowingStream<TextEvent, any Error> {
        let firsts = PulledStream(AsyncThrowingStream<TextEvent, any Error>(once: first))
        return AsyncThrowingStream {
            if let first = try await firsts.next() { return first }
            do {
                return try await rest.next()
            } catch let error as EngineError {
                ended(error.code)
                throw error
            }
        }
    }
}

extension AsyncThrowingStream where Element: Sendable, Failure == any Error {
    /// A stream of one element.
    init(once element: Element) {
        self.init { continuation in
            continuation.yield(element)
            continuation.finish()
        }
    }
}
