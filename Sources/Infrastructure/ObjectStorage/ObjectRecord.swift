import FoundationEssentials
import Vocabulary

/// What is recorded beside an object's file, in `.{file}.meta`: JSON, the new version first, then the one it replaces.
///
/// File and record are two renames. The record comes first and holds both versions, and each names the size and the
/// time of its file: whichever file lies there after a crash, its own version is found, and no reader between the
/// renames sees one version's bytes with the other's type or hash.
struct ObjectRecord: Codable, Equatable {
    struct Version: Codable, Equatable {
        var size: Int64
        var sha256: String
        var contentType: String
        /// In microseconds since 1970.
        var modifiedAt: Int64
        /// The file's time of change, in nanoseconds as the filesystem keeps it.
        var fileTime: Int64

        enum CodingKeys: String, CodingKey {
            case size, sha256
            case contentType = "content_type"
            case modifiedAt = "modified_at_us"
            case fileTime = "file_time_ns"
        }
    }

    var versions: [Version]

    /// The largest record that is read, in bytes.
    static let maximumSize = 16 << 10

    static func name(for key: ObjectKey) -> String { ".\(key.file).meta" }

    /// - Returns: nil when there is none, or it makes no sense.
    static func read(_ key: ObjectKey, in folder: OpenFile) throws -> ObjectRecord? {
        guard let file = try folder.file(name(for: key)) else { return nil }
        var bytes = [UInt8](repeating: 0, count: maximumSize)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return try? JSONDecoder().decode(ObjectRecord.self, from: Data(bytes[..<count]))
    }

    /// Writes and syncs the record under a temporary name.
    /// - Returns: the file, locked until it is let go.
    func write(_ name: String, in folder: OpenFile) throws -> OpenFile {
        let data = try JSONEncoder().encode(self)
        let file = try folder.writableFile(name, exclusive: true)
        try file.lock()
        try data.withUnsafeBytes { try file.write($0) }
        try file.sync()
        return file
    }

    func version(of file: OpenFile) throws -> Version? {
        guard let status = try file.status() else { return nil }
        return versions.first { $0.size == status.size && $0.fileTime == status.modified }
    }
}

extension ObjectInfo {
    init(key: ObjectKey, version: ObjectRecord.Version) {
        self.init(
            key: key, size: version.size, contentType: version.contentType, sha256: version.sha256,
            modifiedAt: Timestamp(microseconds: version.modifiedAt))
    }
}
