import FoundationEssentials
import Glibc
package import Vocabulary

/// A secret that is made at the first start and kept in a file that only its owner reads.
package enum SecretFile {
    /// The largest file that is read, in bytes.
    private static let maximumSize = 4_096

    /// The secret in `folder/name`. When there is no such file it is made of chance, written as base64url, and is on
    /// disk before the call returns. Of several processes that make it at once one wins, and all return its secret.
    ///
    /// Blocks on the disk: for the start of a process only.
    /// - Parameters:
    ///   - bytes: how much chance is in it; a file with a shorter text is refused.
    ///   - form: how it is written; base64url unless said otherwise.
    /// - Throws: `AuthError.misconfigured`.
    package static func loadOrMake(
        folder: String, name: String, bytes: Int = 32, surroundings: Surroundings,
        form: ([UInt8]) -> String = { Base64URL.encode($0) }
    ) throws -> Secret {
        let path = folder + "/" + name
        if let found = try read(path, bytes: bytes) { return found }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw AuthError.misconfigured("the folder \(folder) for the file \(name) can't be made")
        }
        try make(path, folder: folder, text: form(surroundings.randomBytes(bytes)))
        guard let made = try read(path, bytes: bytes) else {
            throw AuthError.misconfigured("the file \(path) was removed while it was being made")
        }
        return made
    }

    /// - Returns: nil when there is no such file.
    private static func read(_ path: String, bytes: Int) throws -> Secret? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw failure("read", path)
        }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: maximumSize)
        while content.count <= maximumSize {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { break }
            content += buffer.prefix(count)
        }
        guard content.count <= maximumSize else {
            throw AuthError.misconfigured("the file \(path) is longer than \(maximumSize) bytes")
        }
        let text = String(decoding: content, as: UTF8.self).filter { !$0.isWhitespace }
        guard text.utf8.count >= bytes else {
            throw AuthError.misconfigured(
                "the file \(path) holds fewer than \(bytes) bytes; lengthen it, or remove it to have one made")
        }
        return Secret(text)
    }

    /// Writes the text to a file of its own, and links it to `path` once it is whole and on disk. A link never replaces
    /// what is there, so the first one wins.
    private static func make(_ path: String, folder: String, text: String) throws {
        var template = Array("\(path).XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0, fcntl(file, F_SETFD, FD_CLOEXEC) == 0 else { throw failure("write", path) }
        let draft = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer {
            close(file)
            unlink(draft)
        }
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw failure("write", path) }
        guard link(draft, path) == 0 || errno == EEXIST else { throw failure("write", path) }
        try synchronize(folder)
    }

    /// Makes the names in a folder durable.
    private static func synchronize(_ folder: String) throws {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("read", folder) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("write", folder) }
    }

    private static func failure(_ verb: String, _ path: String) -> AuthError {
        let reason = String(cString: strerror(errno))
        return .misconfigured("can't \(verb) \(path): \(reason.lowercased())")
    }
}
