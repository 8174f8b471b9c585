import Crypto
import NIOCore
import Synchronization
import Vocabulary

/// An object on its way in: a file in the temporary folder, hashed as it grows. The file is locked while it grows, so
/// that another process that starts meanwhile doesn't take it for a leftover.
final class IncomingObject: Sendable {
    private struct Progress {
        var hasher = SHA256()
        var size: Int64 = 0
    }

    let name: String
    let folder: OpenFile
    let file: OpenFile
    private let progress = Mutex(Progress())

    init(name: String, in folder: OpenFile) throws {
        self.name = name
        self.folder = folder
        file = try folder.writableFile(name, exclusive: true)
        try file.lock()
    }

    func append(_ buffer: ByteBuffer) throws {
        try progress.withLock { progress in
            try buffer.withUnsafeReadableBytes { bytes in
                try file.write(bytes)
                progress.hasher.update(bufferPointer: bytes)
                progress.size += Int64(bytes.count)
            }
        }
    }

    /// The bytes, and that moment as the file's time, are durable after this.
    func finish(at moment: Timestamp) throws -> (size: Int64, sha256: String) {
        try file.setModified(nanoseconds: moment.microseconds * 1_000)
        try file.sync()
        return progress.withLock { ($0.size, Array($0.hasher.finalize()).hex) }
    }

    func discard() {
        try? folder.delete(name)
    }
}
