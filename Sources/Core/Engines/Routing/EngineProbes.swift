import Synchronization
import Vocabulary

/// Whether the engines answer, asked when someone wants to know and believed for a while.
final class EngineProbes: Sendable {
    /// How long an answer is believed: a monitor that asks often asks the engine no oftener.
    static let lifetime = Duration.seconds(5)

    private struct Probe {
        var isReachable: Bool?
        var askedAt: Timestamp?
        var isRunning = false
    }

    private enum Step {
        case known(Bool)
        case ask
    }

    private let probes = Mutex<[String: Probe]>([:])

    /// While an engine is being asked, others get its last answer; where there is none yet, they ask too.
    func isReachable(
        _ engine: any Engine, within limit: Duration, now: @Sendable () -> Timestamp
    ) async -> Bool {
        let start = now()
        switch step(engine.name, at: start) {
        case .known(let isReachable): return isReachable
        case .ask: break
        }
        let isReachable = await engine.isReachable(
            EngineCall(requestID: "health", deadline: start + limit))
        // Who went away before the answer says nothing of the engine.
        let isJudged = isReachable || !Task.isCancelled
        let end = now()
        probes.withLock { probes in
            var probe = probes[engine.name] ?? Probe()
            probe.isRunning = false
            if isJudged {
                probe.isReachable = isReachable
                probe.askedAt = end
            }
            probes[engine.name] = probe
        }
        return isReachable
    }

    private func step(_ engine: String, at moment: Timestamp) -> Step {
        probes.withLock { probes in
            var probe = probes[engine] ?? Probe()
            if let known = probe.isReachable, let askedAt = probe.askedAt,
                probe.isRunning || moment - askedAt < Self.lifetime
            {
                return .known(known)
            }
            probe.isRunning = true
            probes[engine] = probe
            return .ask
        }
    }
}
