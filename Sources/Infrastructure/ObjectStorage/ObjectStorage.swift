package import NIOCore
package import Vocabulary

/// What is known of a stored object.
package struct ObjectInfo: Hashable, Sendable {
    package var key: ObjectKey
    /// In bytes.
    package var size: Int64
    package var contentType: String
    /// SHA-256 of the bytes, lower-case hexadecimal.
    package var sha256: String
    package var modifiedAt: Timestamp

    package init(key: ObjectKey, size: Int64, contentType: String, sha256: String, modifiedAt: Timestamp) {
        self.key = key
        self.size = size
        self.contentType = contentType
        self.sha256 = sha256
        self.modifiedAt = modifiedAt
    }
}

/// An object being read.
package struct ObjectReading: Sendable {
    package var info: ObjectInfo
    /// The bytes of the object that `body` holds: all of them, or the range asked for, cut to the object's end.
    package var range: Range<Int64>
    package var body: AsyncThrowingStream<ByteBuffer, any Error>

    package init(info: ObjectInfo, range: Range<Int64>, body: AsyncThrowingStream<ByteBuffer, any Error>) {
        self.info = info
        self.range = range
        self.body = body
    }
}

/// The seam between the rooms and the place where files lie.
package protocol ObjectStorage: Sendable {
    /// Stores a stream whole or not at all: a reader sees the old object or the new one, never a part.
    /// - Parameter maximumSize: in bytes; more than that is refused and nothing is kept.
    /// - Throws: `ObjectStorageError`, or what the stream throws.
    func put<Body: AsyncSequence & Sendable>(
        _ key: ObjectKey, contentType: String, maximumSize: Int64, body: Body
    ) async throws -> ObjectInfo where Body.Element == ByteBuffer

    /// - Parameter range: the bytes wanted; nil for all. An end past the object's end is cut.
    /// - Throws: `ObjectStorageError.notFound`, `.rangeNotSatisfiable`.
    func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> ObjectReading

    /// - Returns: nil when there is no such object.
    func head(_ key: ObjectKey) async throws -> ObjectInfo?

    /// Deleting what isn't there succeeds.
    func delete(_ key: ObjectKey) async throws

    /// A tenant's objects in the order of their keys, those whose key's text starts with the tenant's folder and
    /// `prefix`. The cursor is a key's text.
    func list(_ tenant: TenantID, prefix: String, page: PageRequest) async throws -> Page<ObjectInfo>

    /// A link that anyone may follow until it expires, signed for this object alone.
    func link(to key: ObjectKey, expiresIn: Duration) async throws -> String

    /// Shows that the storage can be read and written.
    func ping() async throws
}
