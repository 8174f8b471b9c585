package import Database
import Dispatch
package import Logging
package import Vocabulary

/// A database in one SQLite file, for one machine.
///
/// Writes of concurrent callers share commits (`GroupCommit`); a write that returned is on disk. Reads run on snapshots
/// beside it. Neither occupies the threads of the cooperative pool. Callers beyond the bound of a queue get
/// `.unavailable` at once. A caller that is cancelled still gets the true outcome. Notifications stay in this process.
package final class SQLiteDatabase: Database {
    private let file: SQLiteFile
    private let writer: GroupCommit
    private let listeners = NotificationFanOut()
    private let readers: ReadGate
    private let surroundings: Surroundings

    private init(path: String, limits: DatabaseSQLiteLimits, logger: Logger, surroundings: Surroundings) throws {
        file = try SQLiteFile(path: path, limits: limits)
        writer = GroupCommit(file: file, limits: limits, listeners: listeners, logger: logger)
        readers = ReadGate(most: limits.readers + limits.queue)
        self.surroundings = surroundings
    }

    /// Opens the file at `path`, and makes it when there is none; its folder must exist. Blocks for a moment.
    /// - Throws: `DatabaseError` with code `.unavailable` when the file can't be written or isn't a database, and
    ///   `.conflict` when another process keeps it locked.
    package static func open(
        path: String, limits: DatabaseSQLiteLimits = .init(), logger: Logger, surroundings: Surroundings = .system
    ) throws -> SQLiteDatabase {
        try SQLiteDatabase(path: path, limits: limits, logger: logger, surroundings: surroundings)
    }

    /// How many commits there were since the file was opened; lower than the number of writes under load.
    package var commits: Int { writer.commits }

    /// How many writers wait for the group that runs to end.
    package var waitingWriters: Int { writer.waiting }

    @discardableResult
    package func write<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { caller in
            writer.add(WriteCall(scope: scope, caller: caller, body: body))
        }
    }

    package func read<Value: Sendable>(
        as scope: Scope, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try readers.enter()
        defer { readers.leave() }
        return try await withCheckedThrowingContinuation { caller in
            file.onReader { [listeners] connection in
                caller.resume(
                    with: Result {
                        let transaction = SQLiteTransaction(scope: scope, on: try connection.get())
                        let value = try body(transaction)
                        transaction.announce(to: listeners)
                        return value
                    })
            }
        }
    }

    @discardableResult
    package func migrate(_ migrations: [Migration]) async throws -> [Migration.ID] {
        // Every write transaction holds SQLite's lock from its begin, across processes, so that one migrates at a time.
        let now = surroundings.now()
        return try await write(as: .system) { try Migration.apply(migrations, at: now, in: $0) }
    }

    package func notifications(on channel: Channel) -> AsyncStream<Void> { listeners.stream(on: channel) }

    package func ping() async throws {
        _ = try await read(as: .system) { try $0.query("SELECT 1") }
    }

    /// Carries out the reads and writes that wait, closes the file and ends the streams of notifications. A later call
    /// gets `.unavailable`. A second call does nothing.
    package func close() async throws {
        guard readers.close() else { return }
        writer.close()
        await readers.waitForLast()
        defer { listeners.close() }
        try await withCheckedThrowingContinuation { (caller: CheckedContinuation<Void, any Error>) in
            DispatchQueue.global().async { [file] in caller.resume(with: Result { try file.close() }) }
        }
    }
}
