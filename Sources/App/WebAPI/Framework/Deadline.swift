import Synchronization

/// A bound on a wait.
enum Deadline {
    /// Work that needn't wait, such as a body that is there already, is done at once, without a timer.
    /// - Returns: nil when the time was over first; the work is cancelled then.
    static func within<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            let isDone = Flag()
            group.addImmediateTask {
                defer { isDone.set() }
                return try await work()
            }
            if !isDone.isSet {
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }
}
