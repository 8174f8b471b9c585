import Synchronization
import Vocabulary

/// The breakers of the hosts that are called, by origin. Keeps a bounded number of them.
final class CircuitBreakers: Sendable {
    private let thresholds: CircuitBreaker.Thresholds
    private let capacity: Int
    private let breakers = Mutex<[String: CircuitBreaker]>([:])

    init(_ thresholds: CircuitBreaker.Thresholds, capacity: Int) {
        self.thresholds = thresholds
        self.capacity = max(capacity, 1)
    }

    func admit(_ origin: String, at now: Timestamp) -> CircuitBreaker.Admission {
        breakers.withLock { breakers in
            if breakers[origin] == nil, breakers.count >= capacity { Self.makeRoom(in: &breakers, at: now) }
            return breakers[origin, default: CircuitBreaker(thresholds)].admit(at: now)
        }
    }

    func record(_ outcome: CircuitBreaker.Outcome, _ permit: CircuitBreaker.Permit, _ origin: String, at now: Timestamp)
    {
        breakers.withLock { $0[origin]?.record(outcome, permit, at: now) }
    }

    var count: Int { breakers.withLock { $0.count } }

    /// Forgets what is quiet; failing that, what was asked longest ago.
    private static func makeRoom(in breakers: inout [String: CircuitBreaker], at now: Timestamp) {
        let before = breakers.count
        breakers = breakers.filter { !$0.value.isQuiet(at: now) }
        guard breakers.count == before else { return }
        let oldest = breakers.min { ($0.value.lastUse ?? now) < ($1.value.lastUse ?? now) }
        if let oldest { breakers[oldest.key] = nil }
    }
}
