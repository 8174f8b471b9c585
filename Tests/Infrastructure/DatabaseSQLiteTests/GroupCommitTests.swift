import Database
import DatabaseSQLite
import Glibc
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("Group commit")
struct GroupCommitTests {
    private static let tables = Migration(
        "group-001",
        statements: [
            "CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY)",
            """
            CREATE TABLE replies (
                id TEXT NOT NULL PRIMARY KEY,
                note TEXT NOT NULL REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)
            """,
        ])

    private func database(_ change: (inout DatabaseSQLiteLimits) -> Void = { _ in }) async throws -> SQLiteDatabase {
        var limits = DatabaseSQLiteLimits()
        change(&limits)
        return try await TestDatabase.sqlite(migrations: [Self.tables], limits: limits)
    }

    /// Holds the writer while `queue` calls are made, so that they are all waiting when it is let go.
    private func whileWriterIsHeld(
        _ database: SQLiteDatabase, calls: [@Sendable () async -> (any Error)?],
        waiting: Int? = nil
    ) async throws -> [(any Error)?] {
        let gate = Gate()
        return try await withThrowingTaskGroup(of: (Int, (any Error)?).self) { group in
            group.addTask {
                try await database.write(as: .system) { _ in gate.enter() }
                return (-1, nil)
            }
            try await eventually("the writer is held") { gate.isEntered }
            for (number, call) in calls.enumerated() { group.addTask { (number, await call()) } }
            try await eventually("all calls wait") { database.waitingWriters == waiting ?? calls.count }
            gate.open()
            var outcomes = [(any Error)?](repeating: nil, count: calls.count)
            for try await (number, error) in group where number >= 0 { outcomes[number] = error }
            return outcomes
        }
    }

    private func write(_ database: SQLiteDatabase, _ sql: SQL...) -> @Sendable () async -> (any Error)? {
        {
            do {
                try await database.write(as: .system) { tx in for piece in sql { try tx.execute(piece) } }
                return nil
            } catch { return error }
        }
    }

    private func insert(_ database: SQLiteDatabase, _ id: String) -> @Sendable () async -> (any Error)? {
        write(database, "INSERT INTO notes (id) VALUES (\(id))")
    }

    private func notes(_ database: SQLiteDatabase) async throws -> Int {
        try await database.read(as: .system) { try $0.query("SELECT id FROM notes").count }
    }

    @Test("writers that wait together share one commit")
    func sharing() async throws {
        let database = try await database()
        let before = database.commits
        let outcomes = try await whileWriterIsHeld(database, calls: (0..<100).map { insert(database, "n\($0)") })
        #expect(outcomes.allSatisfy { $0 == nil })
        #expect(database.commits - before == 2)
        #expect(try await notes(database) == 100)
    }

    @Test("a caller alone is not kept waiting for others: one write, one commit")
    func alone() async throws {
        let database = try await database()
        let before = database.commits
        for number in 0..<10 { #expect(await insert(database, "n\(number)")() == nil) }
        #expect(database.commits - before == 10)
    }

    @Test("ATELIER_SQLITE_GROUP bounds the bodies of a commit")
    func groupLimit() async throws {
        let database = try await database { $0.group = 10 }
        let before = database.commits
        let outcomes = try await whileWriterIsHeld(database, calls: (0..<95).map { insert(database, "n\($0)") })
        #expect(outcomes.allSatisfy { $0 == nil })
        #expect(database.commits - before == 11)
        #expect(try await notes(database) == 95)
    }

    @Test("ATELIER_SQLITE_QUEUE bounds the writers that wait; a further one is refused at once")
    func queueLimit() async throws {
        let database = try await database { $0.queue = 5 }
        let calls = (0..<8).map { insert(database, "n\($0)") }
        let outcomes = try await whileWriterIsHeld(database, calls: calls, waiting: 5)
        let refused = outcomes.compactMap { $0 as? DatabaseError }
        #expect(refused.map(\.code) == [.unavailable, .unavailable, .unavailable])
        #expect(try await notes(database) == 5)
    }

    @Test("ATELIER_SQLITE_QUEUE bounds the readers that wait, and ATELIER_SQLITE_READERS those that read")
    func readerLimits() async throws {
        let database = try await database {
            $0.readers = 2
            $0.queue = 3
        }
        let gate = Gate()
        let level = Level()
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do {
                        try await database.read(as: .system) { _ in
                            level.rise()
                            gate.enter()
                            level.fall()
                        }
                        return false
                    } catch let error as DatabaseError where error.code == .unavailable { return true }
                }
            }
            var refused = 0
            var answers = 0
            for try await wasRefused in group {
                answers += 1
                if wasRefused { refused += 1 }
                // Only refusals come while the gate is shut; 2 read and 3 wait.
                guard answers == 7 else { continue }
                try await eventually("two read") { level.highest == 2 }
                gate.open()
            }
            return refused
        }
        #expect(refused == 7)
        #expect(level.highest == 2)
    }

    @Test("ATELIER_SQLITE_BUSY_TIMEOUT bounds the wait for another process; then it is a conflict")
    func busyTimeout() async throws {
        let path = try TestDatabase.freshPath()
        let holder = try TestDatabase.open(path: path)
        try await holder.migrate([Self.tables])
        var limits = DatabaseSQLiteLimits()
        limits.busyTimeout = .milliseconds(50)
        let other = try TestDatabase.open(path: path, limits: limits)
        let gate = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await holder.write(as: .system) { _ in gate.enter() } }
            try await eventually("the lock is held") { gate.isEntered }
            let error = await insert(other, "n")() as? DatabaseError
            #expect(error?.code == .conflict)
            #expect(error?.isRetryable == true)
            gate.open()
            try await group.waitForAll()
        }
        #expect(await insert(other, "n")() == nil)
    }

    @Test("when a body makes SQLite give up the transaction, the whole group is told")
    func lostTransaction() async throws {
        let database = try await database()
        #expect(await insert(database, "taken")() == nil)
        let outcomes = try await whileWriterIsHeld(
            database,
            calls: [
                insert(database, "a"), write(database, "INSERT OR ROLLBACK INTO notes (id) VALUES (\("taken"))"),
                insert(database, "b"),
            ])
        #expect(outcomes.map { ($0 as? DatabaseError)?.code } == [.unavailable, .unavailable, .unavailable])
        #expect(try await notes(database) == 1)
        #expect(await insert(database, "after")() == nil)
    }

    @Test("a constraint that shows at the commit fails the body that broke it, not its group")
    func deferredConstraint() async throws {
        let database = try await database()
        let outcomes = try await whileWriterIsHeld(
            database,
            calls: [
                insert(database, "a"), write(database, "INSERT INTO replies (id, note) VALUES ('r', 'nowhere')"),
                insert(database, "b"),
                write(
                    database, "INSERT INTO replies (id, note) VALUES ('s', 'c')",
                    "INSERT INTO notes (id) VALUES ('c')"),
            ])
        #expect(outcomes.map { ($0 as? DatabaseError)?.code } == [nil, .foreignKey, nil, nil])
        #expect(try await notes(database) == 3)
    }

    @Test("the settings are read, with their defaults")
    func settings() throws {
        #expect(DatabaseSQLiteLimits(reading: SettingsReader(.empty)) == DatabaseSQLiteLimits())
        let reader = SettingsReader(
            .values([
                "ATELIER_SQLITE_GROUP": "8", "ATELIER_SQLITE_READERS": "2", "ATELIER_SQLITE_QUEUE": "100",
                "ATELIER_SQLITE_BUSY_TIMEOUT": "250ms",
            ]))
        let limits = DatabaseSQLiteLimits(reading: reader)
        #expect(limits.group == 8)
        #expect(limits.readers == 2)
        #expect(limits.queue == 100)
        #expect(limits.busyTimeout == .milliseconds(250))
    }
}

/// Keeps those that enter until it is opened, at most half a minute. Blocks threads; for bodies only.
private final class Gate: Sendable {
    private let state = Mutex((entered: false, open: false))

    var isEntered: Bool { state.withLock { $0.entered } }

    func enter() {
        state.withLock { $0.entered = true }
        for _ in 0..<30_000 where !state.withLock({ $0.open }) { usleep(1_000) }
    }

    func open() { state.withLock { $0.open = true } }
}

/// How many are inside, and how many were at most.
private final class Level: Sendable {
    private let state = Mutex((now: 0, highest: 0))

    var highest: Int { state.withLock { $0.highest } }

    func rise() {
        state.withLock { state in
            state.now += 1
            state.highest = max(state.highest, state.now)
        }
    }

    func fall() { state.withLock { $0.now -= 1 } }
}
