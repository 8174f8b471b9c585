package import Vocabulary

/// The seam between the stores and the database that keeps them.
///
/// A transaction is a synchronous closure, so none can be open while the program waits for the world. A write is
/// durable when the call returns. The closure of a write may be run again when the database reports a conflict; it has
/// no effects outside of its transaction.
package protocol Database: Sendable {
    /// Runs `body` on a consistent snapshot.
    func read<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value

    /// Runs `body` in a transaction, and returns when it is on disk. An error thrown by `body` undoes all of it.
    @discardableResult
    func write<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value

    /// Brings the schema up to date, under a lock that holds across processes.
    /// - Throws: `DatabaseError` with code `.newerSchema` when the schema has a migration that isn't in the list.
    /// - Returns: the migrations that were run.
    @discardableResult
    func migrate(_ migrations: [Migration]) async throws -> [Migration.ID]

    /// An element each time that `channel` was notified since the last; several at once may arrive as one. Also
    /// yields after a connection that carries notifications was lost and is back.
    func notifications(on channel: Channel) -> AsyncStream<Void>

    /// Reads one row, to show that the database answers.
    func ping() async throws
}

extension Database {
    package func read<Value: Sendable>(
        as tenant: TenantID, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await read(as: .tenant(tenant), body)
    }

    @discardableResult
    package func write<Value: Sendable>(
        as tenant: TenantID, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await write(as: .tenant(tenant), body)
    }
}
