import Database
import Synchronization

/// Counts what is asked of a database.
final class CountingDatabase: Database {
    private let base: any Database
    private let counts = Mutex((reads: 0, writes: 0))

    init(_ base: any Database) { self.base = base }

    var reads: Int { counts.withLock { $0.reads } }
    var writes: Int { counts.withLock { $0.writes } }

    func read<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        counts.withLock { $0.reads += 1 }
        return try await base.read(as: scope, body)
    }

    func write<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        counts.withLock { $0.writes += 1 }
        return try await base.write(as: scope, body)
    }

    func migrate(_ migrations: [Migration]) async throws -> [Migration.ID] { try await base.migrate(migrations) }
    func notifications(on channel: Channel) -> AsyncStream<Void> { base.notifications(on: channel) }
    func ping() async throws { try await base.ping() }
}
