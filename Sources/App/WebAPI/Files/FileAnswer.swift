import HTTPTypes
import NIOCore
import ObjectStorage

/// The answer to a request for the bytes of a file: conditional, whole, or a range (RFC 9110, 13 and 14).
struct FileAnswer: Sendable {
    var size: Int64
    /// The entity tag.
    var sha256: String
    var contentType: String
    var name: String

    func answer(
        _ request: HTTPFields, _ read: (Range<Int64>?) async throws -> ObjectReading
    ) async throws -> APIAnswer {
        let tag = "\"\(sha256)\""
        let headers: HTTPFields = [
            .contentType: contentType, .eTag: tag, .acceptRanges: "bytes",
            .cacheControl: "private, max-age=3600, immutable",
            // A file may be looked at in a browser; it may not act there.
            .contentSecurityPolicy: "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
            .contentDisposition: "inline; filename=\"\(name)\"",
        ]
        if let known = request[.ifNoneMatch], known == "*" || known.contains(tag) {
            return APIAnswer(.notModified, headers: headers)
        }
        let isSame = request[.ifRange].map { $0 == tag } ?? true
        let range = isSame ? ByteRange.parse(request[.range], size: size) : nil
        if let range, range.isEmpty {
            throw Problem(.rangeNotSatisfiable, "The file has \(size) bytes.").with(.contentRange, "bytes */\(size)")
        }
        let reading = try await read(range)
        let length = reading.range.upperBound - reading.range.lowerBound
        let answer = APIAnswer(
            range == nil ? .ok : .partialContent, headers: headers, body: .stream(reading.body, length: length))
        guard range != nil else { return answer }
        return answer.with(
            .contentRange, "bytes \(reading.range.lowerBound)-\(reading.range.upperBound - 1)/\(reading.info.size)")
    }
}
