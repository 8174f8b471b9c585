package import Vocabulary

/// Decides whether a host that keeps failing is called at all.
///
/// Closed: calls go through and are counted in a rolling window. Open: none goes. Half open: a single call goes, and
/// its outcome closes or opens the breaker again. A value without clock or I/O.
package struct CircuitBreaker: Sendable {
    package struct Thresholds: Sendable, Hashable {
        /// So many failures in the window open the breaker, if they are at least `rate` of its calls.
        package var failures = 10
        package var window: Duration = .seconds(30)
        package var rate = 0.5
        /// How long it stays open before one call is let through.
        package var open: Duration = .seconds(15)

        package init() {}
    }

    /// What a call that was let through hands back with its outcome.
    package struct Permit: Sendable, Hashable {
        fileprivate var generation: Int
    }

    package enum Admission: Sendable, Hashable {
        case go(Permit)
        case refused(retryAfter: Duration)
    }

    package enum Outcome: Sendable, Hashable {
        case success
        case failure
        /// Says nothing about the host: given up by the caller, or refused before it was called.
        case neutral
    }

    package enum State: Sendable, Hashable {
        case closed
        case open(until: Timestamp)
        /// The one call that is let through, and until when its outcome is awaited; nil when it may begin.
        case halfOpen(probeUntil: Timestamp?)
    }

    private struct Slot {
        var number: Int64 = -1
        var calls = 0
        var failures = 0
    }

    private static let slotCount = 10

    package private(set) var state = State.closed
    /// When a call last asked.
    package private(set) var lastUse: Timestamp?
    private let thresholds: Thresholds
    private var slots = [Slot](repeating: Slot(), count: Self.slotCount)
    /// Rises with every change of state; an outcome from before the change doesn't count.
    private var generation = 0

    package init(_ thresholds: Thresholds) { self.thresholds = thresholds }

    /// Asks for a call.
    package mutating func admit(at now: Timestamp) -> Admission {
        lastUse = now
        switch state {
        case .closed:
            return .go(Permit(generation: generation))
        case .open(let until):
            if now < until { return .refused(retryAfter: until - now) }
            return probe(at: now)
        case .halfOpen(let until):
            if let until, now < until { return .refused(retryAfter: until - now) }
            return probe(at: now)
        }
    }

    /// Reports how an admitted call went.
    package mutating func record(_ outcome: Outcome, _ permit: Permit, at now: Timestamp) {
        guard permit.generation == generation else { return }
        switch state {
        case .closed:
            guard outcome != .neutral else { return }
            count(outcome, at: now)
            if outcome == .failure, isTripped(at: now) { change(to: .open(until: now + thresholds.open)) }
        case .open:
            return
        case .halfOpen:
            switch outcome {
            case .success:
                slots = [Slot](repeating: Slot(), count: Self.slotCount)
                change(to: .closed)
            case .failure: change(to: .open(until: now + thresholds.open))
            case .neutral: change(to: .halfOpen(probeUntil: nil))
            }
        }
    }

    /// Whether nothing would be lost by forgetting it.
    package func isQuiet(at now: Timestamp) -> Bool {
        state == .closed && failures(at: now).failures == 0
    }

    private mutating func probe(at now: Timestamp) -> Admission {
        // A call whose outcome never comes must not keep the breaker open for ever.
        change(to: .halfOpen(probeUntil: now + thresholds.open))
        return .go(Permit(generation: generation))
    }

    private mutating func change(to new: State) {
        state = new
        generation += 1
    }

    private var slotLength: Int64 { max(thresholds.window.wholeMicroseconds / Int64(Self.slotCount), 1) }

    private mutating func count(_ outcome: Outcome, at now: Timestamp) {
        let number = now.microseconds / slotLength
        let index = Int(number % Int64(Self.slotCount))
        if slots[index].number != number { slots[index] = Slot(number: number) }
        slots[index].calls += 1
        if outcome == .failure { slots[index].failures += 1 }
    }

    private func failures(at now: Timestamp) -> (calls: Int, failures: Int) {
        let number = now.microseconds / slotLength
        return slots.reduce((0, 0)) { sum, slot in
            let isRecent = slot.number > number - Int64(Self.slotCount) && slot.number <= number
            return isRecent ? (sum.0 + slot.calls, sum.1 + slot.failures) : sum
        }
    }

    private func isTripped(at now: Timestamp) -> Bool {
        let (calls, failures) = failures(at: now)
        return failures >= thresholds.failures && Double(failures) >= thresholds.rate * Double(calls)
    }
}
