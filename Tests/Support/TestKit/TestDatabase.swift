package import Database
package import DatabaseSQLite
import Glibc
import Logging
package import Vocabulary

/// Databases for tests: real ones, on a file.
package enum TestDatabase {
    /// Where the files of this process are; deleted when it ends.
    private static let root: Result<TemporaryFolder, any Error> = Result {
        let folder = try TemporaryFolder("atelier-test-sqlite")
        atexit { try? TestDatabase.root.get().remove() }
        return folder
    }

    /// A database of its own on a fresh file, with `migrations` applied.
    package static func sqlite(
        migrations: [Migration] = [], limits: DatabaseSQLiteLimits = .init()
    ) async throws -> SQLiteDatabase {
        let database = try open(path: freshPath(), limits: limits)
        try await database.migrate(migrations)
        return database
    }

    /// The path of a file that doesn't exist yet, for tests that open it themselves or more than once.
    package static func freshPath() throws -> String {
        try root.get().file("\(UInt64.random(in: .min ... .max)).db")
    }

    /// Opens the file at `path` without migrating, and logs nothing.
    package static func open(
        path: String, limits: DatabaseSQLiteLimits = .init(), surroundings: Surroundings = .system
    ) throws -> SQLiteDatabase {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try SQLiteDatabase.open(path: path, limits: limits, logger: logger, surroundings: surroundings)
    }
}
