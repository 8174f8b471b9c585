import Synchronization
package import Vocabulary

/// A clock that stands still until the test moves it.
package final class TestClock: Sendable {
    private let moment: Mutex<Timestamp>

    /// - Parameter start: 2026-01-01T00:00:00Z unless said otherwise.
    package init(_ start: Timestamp = Timestamp(seconds: 1_767_225_600)) { moment = Mutex(start) }

    package var now: Timestamp { moment.withLock { $0 } }

    package func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }

    package func set(to new: Timestamp) { moment.withLock { $0 = new } }

    /// This clock, with the machine's randomness.
    package var surroundings: Surroundings {
        Surroundings(now: { self.now }, randomBytes: Surroundings.system.randomBytes)
    }
}
