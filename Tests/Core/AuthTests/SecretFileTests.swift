import Auth
import FoundationEssentials
import Glibc
import TestKit
import Testing
import Vocabulary

@Suite struct SecretFileTests {
    private func make(_ folder: String, bytes: Int = 32) throws -> Secret {
        try SecretFile.loadOrMake(folder: folder, name: "jwt-secret", bytes: bytes, surroundings: .system)
    }

    @Test("It is made once, for its owner alone, and found again")
    func once() throws {
        let folder = try TemporaryFolder()
        let nested = folder.file("data/deep")
        let secret = try make(nested)
        #expect(Base64URL.decode(secret.reveal())?.count == 32)
        #expect(try make(nested) == secret)
        var status = stat()
        #expect(stat(nested + "/jwt-secret", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: nested) == ["jwt-secret"])
        #expect(try make(folder.file("other")) != secret)
    }

    @Test("Twenty that make it at once agree, and leave nothing behind")
    func concurrent() async throws {
        for _ in 0..<5 {
            let folder = try TemporaryFolder()
            let secrets = try await withThrowingTaskGroup(of: Secret.self) { group in
                for _ in 0..<20 { group.addTask { try make(folder.path) } }
                return try await group.reduce(into: Set<Secret>()) { $0.insert($1) }
            }
            #expect(secrets.count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["jwt-secret"])
        }
    }

    @Test("A file that its owner wrote is used as it is, without the space around it")
    func written() throws {
        let folder = try TemporaryFolder()
        let text = "0123456789abcdef0123456789abcdef-my-own"
        try Data("  \(text)\n".utf8).write(to: URL(filePath: folder.file("jwt-secret")))
        #expect(try make(folder.path).reveal() == text)
    }

    @Test("A file that is too short, empty or too long is refused, and isn't replaced")
    func badFiles() throws {
        for text in ["", "short", String(repeating: "a", count: 5_000)] {
            let folder = try TemporaryFolder()
            let file = URL(filePath: folder.file("jwt-secret"))
            try Data(text.utf8).write(to: file)
            let error = try #require(throws: AuthError.self) { try make(folder.path) }
            #expect("\(error)".contains(folder.file("jwt-secret")))
            #expect(text.isEmpty || !"\(error)".contains(text))
            #expect(try Data(contentsOf: file) == Data(text.utf8))
        }
    }

    @Test("Where nothing can be written the error names the file")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        // A file where a folder is needed stops even a superuser.
        try Data().write(to: URL(filePath: folder.file("plain")))
        let error = try #require(throws: AuthError.self) { try make(folder.file("plain")) }
        #expect("\(error)".contains("plain"))
        let missing = try #require(throws: AuthError.self) { try make("/proc/atelier") }
        #expect("\(missing)".contains("/proc/atelier"))
        try FileManager.default.createDirectory(
            atPath: folder.file("taken/jwt-secret"), withIntermediateDirectories: true)
        let taken = try #require(throws: AuthError.self) { try make(folder.file("taken")) }
        #expect("\(taken)".contains("taken/jwt-secret"))
    }
}
