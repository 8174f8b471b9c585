import Database
import Synchronization

/// A write whose caller waits for the commit.
protocol WaitingWrite: Sendable {
    var scope: Scope { get }

    /// Runs the body and keeps its value.
    func run(in transaction: SQLiteTransaction) throws

    /// Wakes the caller: with `error`, or else with the value that the last run kept.
    func finish(_ error: (any Error)?)
}

/// A write that answers a `Value`.
final class WriteCall<Value: Sendable>: WaitingWrite {
    let scope: Scope
    private let body: @Sendable (any Transaction) throws -> Value
    private let caller: CheckedContinuation<Value, any Error>
    private let value = Mutex<Value?>(nil)

    init(
        scope: Scope, caller: CheckedContinuation<Value, any Error>,
        body: @escaping @Sendable (any Transaction) throws -> Value
    ) {
        self.scope = scope
        self.caller = caller
        self.body = body
    }

    func run(in transaction: SQLiteTransaction) throws {
        let new = try body(transaction)
        value.withLock { $0 = new }
    }

    func finish(_ error: (any Error)?) {
        if let error {
            caller.resume(throwing: error)
        } else if let value = value.withLock({ $0 }) {
            caller.resume(returning: value)
        } else {
            caller.resume(throwing: DatabaseError(.unavailable, "the body was not run"))
        }
    }
}
