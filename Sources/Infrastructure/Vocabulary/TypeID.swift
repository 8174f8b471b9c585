/// What an id names, and the prefix that says so.
package protocol IDKind: Sendable {
    /// Lower-case letters, without the underscore that follows.
    static var prefix: String { get }
}

/// A TypeID (https://github.com/jetify-com/typeid, 0.3): a prefix and a UUIDv7 in Crockford's base32, 26 characters,
/// such as `job_01h455vb4pex5vsknk084sn02q`. The text sorts by the millisecond at which it was made.
package struct TypeID<Kind: IDKind>: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package var description: String { text }

    /// - Parameters:
    ///   - millisecond: since 1970, the first 48 bits.
    ///   - random: at least 10 bytes; 74 bits of them are used.
    package init(millisecond: Int64, random: [UInt8]) {
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: millisecond >> (40 - 8 * Int64($0))) }
        bytes += random.prefix(10)
        bytes[6] = 0x70 | (bytes[6] & 0x0f)
        bytes[8] = 0x80 | (bytes[8] & 0x3f)
        text = Kind.prefix + "_" + CrockfordBase32.encode(bytes)
    }

    /// - Returns: nil when `text` is not an id of this kind.
    package init?(_ text: String) {
        let prefix = Kind.prefix + "_"
        guard text.hasPrefix(prefix), CrockfordBase32.isEncodedUUID(text.utf8.dropFirst(prefix.utf8.count)) else {
            return nil
        }
        self.text = text
    }

    package static func < (left: TypeID, right: TypeID) -> Bool { left.text < right.text }
}

extension TypeID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = TypeID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not an id that starts with \(Kind.prefix)_")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The alphabet of TypeIDs: 128 bits as 26 characters, two leading zero bits.
enum CrockfordBase32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(26)
        var buffer: UInt32 = 0
        var bits = 2
        for byte in bytes {
            buffer = (buffer << 8 | UInt32(byte)) & 0xffff
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits)) & 31])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func isEncodedUUID(_ text: some Collection<UInt8>) -> Bool {
        guard text.count == 26, let first = text.first, first <= UInt8(ascii: "7") else { return false }
        return text.allSatisfy(alphabet.contains)
    }
}
