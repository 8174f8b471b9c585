import Glibc

/// A file that is written beside its place, and put there when it is whole.
final class OutputFile {
    private let path: String
    private let draft: String
    private var descriptor: Int32

    /// - Throws: `CommandFailure` when it can't be made there.
    init(_ path: String) throws {
        self.path = path
        var template = Array("\(path).part-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        draft = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard descriptor >= 0 else { throw Self.failure(path) }
        fchmod(descriptor, 0o644)
    }

    /// Tries whether a file can be written there, and leaves nothing.
    /// - Throws: `CommandFailure` when it can't.
    static func check(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw failure(path, EISDIR) }
        if path.isEmpty { throw failure("\"\"", ENOENT) }
        try OutputFile(path).discard()
    }

    func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(path) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    /// Puts the file in its place, on disk, over what was there.
    func commit() throws {
        guard fsync(descriptor) == 0, rename(draft, path) == 0 else { throw Self.failure(path) }
        close(descriptor)
        descriptor = -1
    }

    func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        unlink(draft)
    }

    private static func failure(_ path: String, _ code: Int32 = errno) -> CommandFailure {
        CommandFailure("Can't write \(path): \(String(cString: strerror(code))). Name another file with -o.")
    }
}
