import Synchronization

/// Lets one task wait until it is rung for. A ring while nobody waits is kept, and several are one.
final class Doorbell: Sendable {
    private struct State {
        var hasRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.hasRung = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns at the next ring, after `limit`, or when the task is cancelled. One task may wait at a time.
    func wait(atMost limit: Duration) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                do { try await Task.sleep(for: limit) } catch { return }
                self.ring()
            }
            await withTaskCancellationHandler {
                await park()
            } onCancel: {
                ring()
            }
            group.cancelAll()
        }
    }

    private func park() async {
        await withCheckedContinuation { waiter in
            let isRung = state.withLock { state -> Bool in
                if state.hasRung {
                    state.hasRung = false
                    return true
                }
                state.waiter = waiter
                return false
            }
            if isRung { waiter.resume() }
        }
    }
}
