import Database
import Synchronization

/// Counts the readers: refuses those beyond a bound, and lets the close wait for the last.
final class ReadGate: Sendable {
    private struct State {
        var inside = 0
        var isClosed = false
        var closer: CheckedContinuation<Void, Never>?
    }

    private let most: Int
    private let state = Mutex(State())

    /// - Parameter most: readers that read or wait.
    init(most: Int) { self.most = most }

    /// - Throws: `DatabaseError` with code `.unavailable`; `leave()` is then not to be called.
    func enter() throws {
        try state.withLock { state in
            guard !state.isClosed else { throw DatabaseError(.unavailable, "the database is closed") }
            guard state.inside < most else { throw DatabaseError(.unavailable, "\(most) readers read or wait already") }
            state.inside += 1
        }
    }

    func leave() {
        let closer = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.inside -= 1
            return state.inside == 0 ? state.closer.take() : nil
        }
        closer?.resume()
    }

    /// Refuses further readers.
    /// - Returns: false when it was closed before.
    func close() -> Bool {
        state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
    }

    /// Waits, after `close()`, until the last reader has left. For one caller.
    func waitForLast() async {
        await withCheckedContinuation { caller in
            let isEmpty = state.withLock { state in
                if state.inside > 0 { state.closer = caller }
                return state.inside == 0
            }
            if isEmpty { caller.resume() }
        }
    }
}
