import Database
import DatabaseSQLite
import Glibc
import TestKit
import Testing
import Vocabulary

/// What the program says when it can't start. Each case is the program itself.
@Suite("A start that fails", .serialized)
struct StartTests {
    private static func isOneLine(_ text: String) -> Bool {
        text.hasSuffix("\n") && text.filter { $0 == "\n" }.count == 1
    }

    @Test("a busy port ends with one line that names the setting")
    func busyPort() async throws {
        let server = try await RawServer.start { _ in [.hang] }
        let ended = try await AtelierProcess.run(["serve", "--port", "\(server.port)"], in: try TemporaryFolder())
        await server.stop()
        #expect(ended.status == 1)
        #expect(ended.errors.hasPrefix("Port \(server.port) on 127.0.0.1 is in use"))
        #expect(ended.errors.contains("ATELIER_PORT") && Self.isOneLine(ended.errors))
        #expect(ended.output.isEmpty)
    }

    @Test("an address that isn't this machine's ends with one line")
    func foreignAddress() async throws {
        let ended = try await AtelierProcess.run(
            ["serve", "--port", "0", "--host", "192.0.2.1"], in: try TemporaryFolder())
        #expect(ended.status == 1)
        #expect(ended.errors.contains("ATELIER_HOST") && Self.isOneLine(ended.errors))
    }

    @Test("a file where the data folder should be ends with one line")
    func fileInTheWay() async throws {
        let folder = try TemporaryFolder()
        try Files.write("in the way", to: folder.file("data"))
        let ended = try await AtelierProcess.run(["serve", "--port", "0"], in: folder)
        #expect(ended.status == 1)
        #expect(ended.errors.contains("./data") && ended.errors.contains("ATELIER_DATA_DIR"))
        #expect(Self.isOneLine(ended.errors))
    }

    @Test("a file where objects should lie ends with one line")
    func fileInTheWayOfObjects() async throws {
        let folder = try TemporaryFolder()
        try Files.write("in the way", to: folder.file("objects"))
        let ended = try await AtelierProcess.run(
            ["serve", "--port", "0", "--storage-url", "file://\(folder.file("objects"))"], in: folder)
        #expect(ended.status == 1)
        #expect(ended.errors.contains(folder.file("objects")) && Self.isOneLine(ended.errors))
    }

    @Test("every wrong setting gets a line, and the exit status says so")
    func badSettings() async throws {
        let folder = try TemporaryFolder()
        try Files.write("ATELIER_QUEUE_WORKERS=many\n", to: folder.file(".env"))
        let ended = try await AtelierProcess.run(
            ["serve", "--port", "70000", "--set", "ATELIER_GRACE=soon"], environment: ["ATELIER_ROLE": "painter"],
            in: folder)
        #expect(ended.status == 78)
        let lines = ended.errors.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("ATELIER_PORT: \"70000\" (from flag)") })
        #expect(lines.contains { $0.hasPrefix("ATELIER_GRACE: \"soon\" (from flag)") })
        #expect(lines.contains { $0.hasPrefix("ATELIER_ROLE: \"painter\" (from environment)") })
        #expect(lines.contains { $0.hasPrefix("ATELIER_QUEUE_WORKERS: \"many\" (from .env)") })
        #expect(!Files.exists(folder.file("data")))
    }

    @Test("a configuration file that isn't there, or makes no sense, ends with one line")
    func badFile() async throws {
        let folder = try TemporaryFolder()
        let absent = try await AtelierProcess.run(["serve", "--config", "none.yaml"], in: folder)
        #expect(absent.status == 78 && absent.errors.contains("none.yaml") && Self.isOneLine(absent.errors))
        try Files.write("{\"port\": ", to: folder.file("broken.json"))
        let broken = try await AtelierProcess.run(["serve", "--config", "broken.json"], in: folder)
        #expect(broken.status == 78 && broken.errors.contains("broken.json") && Self.isOneLine(broken.errors))
    }

    @Test("a database that a newer program has written ends with one line, and stays as it is")
    func newerSchema() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("newer.db")
        let database = try TestDatabase.open(path: path)
        try await database.migrate([Migration("future-001", statements: ["CREATE TABLE future (a TEXT)"])])
        try await database.close()
        let flags = ["--database-url", "sqlite://\(path)"]
        for command in ["serve", "migrate"] {
            let ended = try await AtelierProcess.run(
                [command] + flags + (command == "serve" ? ["--port", "0"] : []), in: folder)
            #expect(ended.status == 1)
            let line = try #require(ended.errors.split(separator: "\n").last)
            #expect(line.contains("newer program (future-001)") && line.contains("restore a backup"))
        }
        let again = try TestDatabase.open(path: path)
        let tables = try await again.read(as: .system) { try $0.query("SELECT name FROM sqlite_master").count }
        try await again.close()
        #expect(tables == 3)
    }

    @Test("a database that an older program has written is brought up to date")
    func olderSchema() async throws {
        let folder = try TemporaryFolder()
        let first = try await AtelierProcess.run(["migrate"], in: folder)
        #expect(first.status == 0 && first.output.contains("ran content-001"))
        let database = try TestDatabase.open(path: folder.file("data/atelier.db"))
        try await database.write(as: .system) { tx in
            try tx.execute("DROP TABLE tenants")
            try tx.execute("DELETE FROM schema_migrations WHERE id = 'tenants-001'")
        }
        try await database.close()
        let second = try await AtelierProcess.run(["migrate"], in: folder)
        #expect(second.status == 0 && second.output == "ran tenants-001\n")
        let third = try await AtelierProcess.run(["migrate"], in: folder)
        #expect(third.status == 0 && third.output == "The schema is up to date.\n")
    }

    @Test("a file that is no database ends with one line")
    func noDatabase() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("notes.txt")
        try Files.write(String(repeating: "This is not a database. ", count: 100), to: path)
        let ended = try await AtelierProcess.run(
            ["serve", "--port", "0", "--database-url", "sqlite://\(path)"], in: folder)
        #expect(ended.status == 1)
        #expect(ended.errors.contains(path) && ended.errors.contains("not an SQLite database"))
        #expect(Self.isOneLine(ended.errors))
    }

    @Test("names that are no settings, and names of the replaced services, get a line each")
    func notices() async throws {
        let ended = try await AtelierProcess.run(
            ["config"], environment: ["ATELIER_PROT": "1", "REDIS_URL": "redis://x", "PORT": "4321"],
            in: try TemporaryFolder())
        #expect(ended.status == 0)
        let lines = ended.errors.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.contains { $0.contains("ATELIER_PROT (from environment) is not a setting") })
        #expect(lines.contains { $0.contains("REDIS_URL is no longer needed") })
        #expect(lines.contains { $0.contains("PORT is read as ATELIER_PORT") })
        let row = ended.output.split(separator: "\n").first { $0.hasPrefix("ATELIER_PORT ") }
        #expect(row?.contains("4321") == true && row?.hasSuffix("PORT") == true)
    }

    @Test("the table of settings shows values and sources, and no secret")
    func table() async throws {
        let secret = "0123456789-super-secret-0123456789"
        let folder = try TemporaryFolder()
        try Files.write("ATELIER_GRACE=7s\n", to: folder.file(".env"))
        try Files.write("{\"queue\": {\"workers\": 3}}", to: folder.file("atelier.json"))
        let ended = try await AtelierProcess.run(
            ["config", "--config", "atelier.json", "--host", "0.0.0.0"],
            environment: ["ATELIER_JWT_SECRET": secret, "OPENAI_API_KEY": secret, "ATELIER_MASTER_KEY": secret],
            in: folder)
        #expect(ended.status == 0)
        #expect(!ended.output.contains("super-secret") && !ended.errors.contains("super-secret"))
        func row(_ name: String) -> [String] {
            ended.output.split(separator: "\n").first { $0.hasPrefix(name + " ") }
                .map { $0.split(separator: " ").map(String.init) } ?? []
        }
        #expect(row("ATELIER_HOST") == ["ATELIER_HOST", "0.0.0.0", "flag"])
        #expect(row("ATELIER_GRACE") == ["ATELIER_GRACE", "7s", ".env"])
        #expect(row("ATELIER_QUEUE_WORKERS") == ["ATELIER_QUEUE_WORKERS", "3", "atelier.json"])
        #expect(row("ATELIER_JWT_SECRET").last == "environment")
        #expect(row("ATELIER_PORT") == ["ATELIER_PORT", "3000", "default"])
    }
}
