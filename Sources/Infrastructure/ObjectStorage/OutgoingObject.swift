import NIOCore
import Synchronization

/// An object on its way out, a chunk at a time. It holds the file open, so that an object that is replaced or deleted
/// meanwhile is still read to its end.
final class OutgoingObject: Sendable {
    private let file: OpenFile
    private let end: Int64
    private let chunkSize: Int
    private let position: Mutex<Int64>

    init(file: OpenFile, range: Range<Int64>, chunkSize: Int) {
        self.file = file
        self.end = range.upperBound
        self.chunkSize = chunkSize
        position = Mutex(range.lowerBound)
    }

    /// - Returns: nil at the end of the range.
    func next() throws -> ByteBuffer? {
        try position.withLock { position in
            let wanted = Int(min(Int64(chunkSize), end - position))
            guard wanted > 0 else { return nil }
            var buffer = ByteBufferAllocator().buffer(capacity: wanted)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
                try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]), at: position)
            }
            guard buffer.readableBytes == wanted else {
                throw ObjectStorageError.unavailable("\(file.path) is shorter than recorded.")
            }
            position += Int64(wanted)
            return buffer
        }
    }
}
