import Database
import Dispatch
import GRDB
import Glibc
import Vocabulary

/// The open file: one connection that writes, several that read snapshots, each on a queue of its own.
struct SQLiteFile: Sendable {
    /// A page cache for the writer, in KiB.
    private static let writerCache = 4096
    /// A page cache for each reader, in KiB. Memory mapping stays off: a failing disk is then an error, not a signal.
    private static let readerCache = 1024
    /// What is left of the write-ahead log after a checkpoint, in bytes.
    private static let mostLog = 64 << 20

    private let pool: DatabasePool

    /// - Throws: `DatabaseError` with code `.unavailable` when the file can't be opened, and says why.
    init(path: String, limits: DatabaseSQLiteLimits) throws {
        Self.createPrivately(path)
        do {
            pool = try Self.openPool(path, limits)
            try pool.writeWithoutTransaction { connection in
                // The pool sets NORMAL after it has prepared the connection; with FULL a commit is on disk.
                try connection.execute(sql: "PRAGMA synchronous = FULL")
                guard try Int.fetchOne(connection, sql: "PRAGMA synchronous") == 2 else {
                    throw SeamError(.unavailable, "SQLite would not commit to disk (synchronous = FULL)")
                }
            }
        } catch let error as GRDBError {
            throw Self.explained(error, path)
        }
    }

    /// Runs `body` on the writing connection, after what was scheduled before.
    func onWriter(_ body: @escaping @Sendable (SQLiteConnection) -> Void) {
        pool.asyncWriteWithoutTransaction { body(SQLiteConnection(connection: $0, isReader: false)) }
    }

    /// Runs `body` on a snapshot, when a reading connection is free.
    func onReader(_ body: @escaping @Sendable (Result<SQLiteConnection, any Error>) -> Void) {
        pool.asyncRead { result in
            body(
                result.map { SQLiteConnection(connection: $0, isReader: true) }
                    .mapError { ($0 as? GRDBError)?.seam() ?? $0 })
        }
    }

    /// Waits for what runs, and closes all connections. Blocks.
    func close() throws {
        do { try pool.close() } catch let error as GRDBError { throw error.seam() }
    }

    private static func openPool(_ path: String, _ limits: DatabaseSQLiteLimits) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "atelier.sqlite"
        configuration.maximumReaderCount = limits.readers
        configuration.busyMode = .timeout(limits.busyTimeout.fractionalSeconds)
        configuration.prepareDatabase { connection in
            let isReader = connection.configuration.readonly
            try connection.execute(sql: "PRAGMA temp_store = MEMORY")
            try connection.execute(sql: "PRAGMA cache_size = -\(isReader ? readerCache : writerCache)")
            _ = try Int.fetchOne(connection, sql: "PRAGMA mmap_size = 0")
            if !isReader { _ = try Int.fetchOne(connection, sql: "PRAGMA journal_size_limit = \(mostLog)") }
        }
        // The switch to the write-ahead log doesn't wait for another process that is doing the same.
        var pauses = Int(limits.busyTimeout.fractionalSeconds / 0.02)
        while true {
            do {
                return try DatabasePool(path: path, configuration: configuration)
            } catch let error as GRDBError where error.resultCode == .SQLITE_BUSY && pauses > 0 {
                pauses -= 1
                usleep(20_000)
            }
        }
    }

    /// Makes the file, readable by its owner alone, if there is none.
    private static func createPrivately(_ path: String) {
        let descriptor = Glibc.open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    private static func explained(_ error: GRDBError, _ path: String) -> SeamError {
        var mapped = error.seam()
        switch error.resultCode {
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            mapped.detail = "can't write \(path): the folder must exist, and it and the file must be writable"
        case .SQLITE_NOTADB:
            mapped.detail = "\(path) is not an SQLite database; name another file, or move this one away"
        case .SQLITE_BUSY:
            mapped.detail = "\(path) is locked by another process"
        default:
            mapped.detail = "can't open \(path): \(mapped.detail)"
        }
        if mapped.code != .conflict { mapped.code = .unavailable }
        return mapped
    }
}
