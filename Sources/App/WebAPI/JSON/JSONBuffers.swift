package import NIOCore
package import Vocabulary

extension JSONReader {
    /// - Throws: `Fault`.
    package static func read(_ buffer: ByteBuffer, maximumDepth: Int) throws -> JSONValue {
        try buffer.withUnsafeReadableBytes { try read($0, maximumDepth: maximumDepth) }
    }
}

extension JSONWriter {
    package var buffer: ByteBuffer { ByteBuffer(bytes: bytes) }

    /// The bytes of one object.
    package static func object(_ members: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(members)
        return writer.buffer
    }
}
