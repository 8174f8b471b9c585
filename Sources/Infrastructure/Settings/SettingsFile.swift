import Glibc

/// Reading of the small files in which settings are written.
enum SettingsFile {
    /// The largest file accepted, in bytes.
    static let maximumSize = 1 << 20

    /// - Returns: nil when the file is absent and may be.
    /// - Throws: `SettingsError` that names the file and the reason.
    static func read(_ path: String, allowMissing: Bool) throws -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if allowMissing, errno == ENOENT { return nil }
            throw SettingsError(file: path, reason: reason(errno))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SettingsError(file: path, reason: reason(errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= maximumSize else {
                throw SettingsError(file: path, reason: "it is larger than 1 MiB")
            }
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SettingsError(file: path, reason: "it is not UTF-8 text")
        }
        return bytes
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOENT: "there is no such file"
        case EACCES: "permission denied"
        case EISDIR: "it is a folder"
        default: String(cString: strerror(code))
        }
    }
}
