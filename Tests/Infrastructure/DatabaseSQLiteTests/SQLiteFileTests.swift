import Database
import DatabaseSQLite
import FoundationEssentials
import Glibc
import TestKit
import Testing
import Vocabulary

@Suite("The SQLite file")
struct SQLiteFileTests {
    private static let table = Migration(
        "file-001", statements: ["CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY)"])

    @Test("commits go to disk: synchronous is FULL, the journal is a write-ahead log, foreign keys hold")
    func pragmas() async throws {
        let database = try await TestDatabase.sqlite()
        let found = try await database.write(as: .system) { tx in
            [
                try tx.first("PRAGMA synchronous")?.get("synchronous", as: Int.self).description,
                try tx.first("PRAGMA journal_mode")?.get("journal_mode", as: String.self),
                try tx.first("PRAGMA foreign_keys")?.get("foreign_keys", as: Int.self).description,
                try tx.first("PRAGMA mmap_size")?.get("mmap_size", as: Int.self).description,
                try tx.first("PRAGMA temp_store")?.get("temp_store", as: Int.self).description,
            ]
        }
        #expect(found == ["2", "wal", "1", "0", "2"])
    }

    @Test("what was written is there after closing and opening again")
    func reopening() async throws {
        let path = try TestDatabase.freshPath()
        let first = try TestDatabase.open(path: path)
        try await first.migrate([Self.table])
        try await first.write(as: .system) { try $0.execute("INSERT INTO notes (id) VALUES (\("kept"))") }
        try await first.close()
        let second = try TestDatabase.open(path: path)
        #expect(try await second.read(as: .system) { try $0.query("SELECT id FROM notes").count } == 1)
    }

    @Test("what was written is in the file without closing, as after a crash")
    func crash() async throws {
        let path = try TestDatabase.freshPath()
        let first = try TestDatabase.open(path: path)
        try await first.migrate([Self.table])
        try await first.write(as: .system) { try $0.execute("INSERT INTO notes (id) VALUES (\("kept"))") }
        let copy = try TestDatabase.freshPath()
        for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix) }
        let second = try TestDatabase.open(path: copy)
        #expect(try await second.read(as: .system) { try $0.query("SELECT id FROM notes").count } == 1)
        try await first.ping()
    }

    @Test("the file is readable by its owner alone")
    func mode() async throws {
        let path = try TestDatabase.freshPath()
        let database = try TestDatabase.open(path: path)
        try await database.migrate([Self.table])
        for suffix in ["", "-wal"] {
            var status = stat()
            #expect(stat(path + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
        }
        try await database.close()
    }

    @Test("a folder that isn't there, or can't be written, is named in the error")
    func folder() async throws {
        let folder = try TemporaryFolder()
        let plain = folder.file("plain")
        try Data("text".utf8).write(to: URL(fileURLWithPath: plain))
        var paths = [folder.file("missing/a.db"), "\(plain)/a.db", folder.path]
        if geteuid() != 0 {
            chmod(folder.path, 0o500)
            paths.append(folder.file("a.db"))
        }
        for path in paths {
            let error = try #require(throws: DatabaseError.self) { try TestDatabase.open(path: path) }
            #expect(error.code == .unavailable)
            #expect(error.detail.contains("\(path): the folder must exist"), "\(error)")
        }
        chmod(folder.path, 0o700)
    }

    @Test("a file that isn't a database is named in the error and left as it is")
    func garbage() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("letter.txt")
        let letter = Data(String(repeating: "Dear reader, this is a letter. ", count: 200).utf8)
        try letter.write(to: URL(fileURLWithPath: path))
        let error = try #require(throws: DatabaseError.self) { try TestDatabase.open(path: path) }
        #expect(error.code == .unavailable)
        #expect(error.detail.contains("\(path) is not an SQLite database"), "\(error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == letter)
    }

    @Test("a full disk fails what needs the space and nothing else")
    func full() async throws {
        let database = try await TestDatabase.sqlite(migrations: [
            Migration("full-001") { ["CREATE TABLE blobs (id TEXT NOT NULL PRIMARY KEY, raw \($0.bytes))"] }
        ])
        try await database.write(as: .system) { tx in
            let pages = try tx.first("PRAGMA page_count")?.get("page_count", as: Int.self) ?? 0
            #expect(pages > 0)
            _ = try tx.query("PRAGMA max_page_count = 40")
        }
        let error = await #expect(throws: DatabaseError.self) {
            try await database.write(as: .system) { tx in
                try tx.execute(
                    "INSERT INTO blobs (id, raw) VALUES (\("big"), \([UInt8](repeating: 1, count: 1 << 20)))")
            }
        }
        #expect(error?.code == .unavailable)
        try await database.write(as: .system) { try $0.execute("INSERT INTO blobs (id) VALUES (\("small"))") }
        #expect(try await database.read(as: .system) { try $0.query("SELECT id FROM blobs").count } == 1)
    }

    @Test("closing carries out what waits; later calls are told that it is closed")
    func closing() async throws {
        let path = try TestDatabase.freshPath()
        let database = try TestDatabase.open(path: path)
        try await database.migrate([Self.table])
        let listener = database.notifications(on: Channel("closing"))
        // Each call gets an answer: it was carried out, or it is refused.
        let carriedOut = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<100 {
                group.addTask {
                    do {
                        guard number.isMultiple(of: 2) else {
                            try await database.ping()
                            return 0
                        }
                        return try await database.write(as: .system) { tx in
                            try tx.execute("INSERT INTO notes (id) VALUES (\("n\(number)"))")
                        }
                    } catch let error as DatabaseError where error.code == .unavailable { return 0 }
                }
            }
            group.addTask {
                try await database.close()
                return 0
            }
            return try await group.reduce(0, +)
        }
        for await _ in listener {}
        try await database.close()
        for call in [
            { try await database.ping() },
            { try await database.write(as: .system) { _ in } },
        ] as [@Sendable () async throws -> Void] {
            let error = await #expect(throws: DatabaseError.self) { try await call() }
            #expect(error?.code == .unavailable)
        }
        let again = try TestDatabase.open(path: path)
        #expect(try await again.read(as: .system) { try $0.query("SELECT id FROM notes").count } == carriedOut)
    }

    @Test("the time of a migration comes from the surroundings")
    func clock() async throws {
        let clock = TestClock()
        let database = try TestDatabase.open(path: TestDatabase.freshPath(), surroundings: clock.surroundings)
        try await database.migrate([Self.table])
        let row = try await database.read(as: .system) { try $0.first("SELECT applied_at FROM schema_migrations") }
        #expect(try row?.get("applied_at") == clock.now)
    }
}
