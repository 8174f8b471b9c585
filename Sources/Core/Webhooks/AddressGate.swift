import Synchronization

/// How many deliveries to an address run in this process, so that one slow receiver doesn't hold all workers.
final class AddressGate: Sendable {
    private let limit: Int
    private let running = Mutex<[String: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// - Returns: false when as many as allowed run already. After true, `leave` is due.
    func enter(_ address: String) -> Bool {
        running.withLock { running in
            let count = running[address, default: 0]
            guard count < limit else { return false }
            running[address] = count + 1
            return true
        }
    }

    func leave(_ address: String) {
        running.withLock { running in
            let count = running[address, default: 1] - 1
            running[address] = count == 0 ? nil : count
        }
    }
}
