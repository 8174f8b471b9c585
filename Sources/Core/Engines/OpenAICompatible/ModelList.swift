import Synchronization
import Vocabulary

/// The models that a server says it has, read when they are needed and believed for a while.
final class ModelList: Sendable {
    /// How long a failure to read the list is believed.
    static let failureLifetime = Duration.seconds(10)

    fileprivate struct State {
        var models: [String]?
        var error: EngineError?
        var readAt: Timestamp?
    }

    private let client: OpenAICompatibleClient
    private let limits: EngineLimits
    private let surroundings: Surroundings
    private let state = Mutex(State())

    init(client: OpenAICompatibleClient, limits: EngineLimits, surroundings: Surroundings) {
        self.client = client
        self.limits = limits
        self.surroundings = surroundings
    }

    /// - Throws: `EngineError` when the list can't be read and no older one is known.
    func models(_ call: EngineCall) async throws -> [String] {
        let now = surroundings.now()
        let known = state.withLock { $0 }
        if let readAt = known.readAt {
            let lifetime = known.error == nil ? limits.discoveryLifetime : Self.failureLifetime
            if now - readAt < lifetime { return try known.result() }
        }
        do {
            var short = call
            // A quarter of the time that is left, so that the request itself still has its turn.
            short.deadline = min(now + limits.discoveryDeadline, now + (call.deadline - now) / 4)
            let models = try await client.models(short)
            state.withLock { $0 = State(models: models, error: nil, readAt: now) }
            return models
        } catch let error as EngineError {
            return try state.withLock { state in
                state.error = error
                state.readAt = now
                return state
            }.result()
        }
    }
}

extension ModelList.State {
    fileprivate func result() throws -> [String] {
        if let models { return models }
        throw error ?? EngineError(.connectionFailed, "the list of models isn't known")
    }
}
