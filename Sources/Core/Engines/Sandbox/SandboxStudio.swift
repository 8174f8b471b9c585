import Dispatch
import Synchronization

/// Draws on threads of its own, so many at a time, so that no task of the server waits for a pixel.
final class SandboxStudio: Sendable {
    private let lanes: [DispatchQueue]
    private let capacity: Int
    private let state = Mutex((waiting: 0, next: 0))

    init(limits: SandboxLimits) {
        lanes = (0..<max(limits.renderers, 1)).map { DispatchQueue(label: "sandbox.render.\($0)", qos: .utility) }
        capacity = limits.renderQueue + max(limits.renderers, 1)
    }

    /// - Throws: `EngineError` with `.providerOverloaded` when too many wait, or what `work` throws.
    func draw<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let lane = state.withLock { state -> DispatchQueue? in
            guard state.waiting < capacity else { return nil }
            state.waiting += 1
            state.next = (state.next + 1) % lanes.count
            return lanes[state.next]
        }
        guard let lane else {
            throw EngineError(.providerOverloaded, "the sandbox has too much to draw", retryAfter: .seconds(2))
        }
        return try await withCheckedThrowingContinuation { continuation in
            lane.async {
                let result = Result { try work() }
                self.state.withLock { $0.waiting -= 1 }
                continuation.resume(with: result)
            }
        }
    }
}
