import Synchronization

/// How many requests a process works on at once.
package final class InFlightGate: Sendable {
    /// Holds a place until the last reference to it goes, so that a body that is never written can't keep one.
    package final class Place: Sendable {
        private let gate: InFlightGate

        fileprivate init(_ gate: InFlightGate) { self.gate = gate }

        deinit { gate.inside.subtract(1, ordering: .relaxed) }
    }

    private let limit: Int
    private let inside = Atomic<Int>(0)

    package init(limit: Int) { self.limit = limit }

    package var count: Int { inside.load(ordering: .relaxed) }

    /// - Returns: nil when it is full.
    package func enter() -> Place? {
        let count = inside.add(1, ordering: .relaxed).newValue
        guard count > limit else { return Place(self) }
        inside.subtract(1, ordering: .relaxed)
        return nil
    }
}
