/// Reads numbers from bytes that may be anything: no read goes past the end.
struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func skip(_ count: Int) throws(MediaError) {
        guard count >= 0, count <= rest.count else { throw Self.short }
        rest = rest.dropFirst(count)
    }

    mutating func take(_ count: Int) throws(MediaError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else { throw Self.short }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Big-endian, of 1…8 bytes.
    mutating func number(bytes count: Int) throws(MediaError) -> UInt64 {
        try take(count).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// Little-endian, of 1…8 bytes.
    mutating func littleNumber(bytes count: Int) throws(MediaError) -> UInt64 {
        try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    mutating func int(bytes count: Int) throws(MediaError) -> Int {
        Int(truncatingIfNeeded: try number(bytes: min(count, 4)))
    }

    mutating func littleInt(bytes count: Int) throws(MediaError) -> Int {
        Int(truncatingIfNeeded: try littleNumber(bytes: min(count, 4)))
    }

    mutating func code() throws(MediaError) -> FourCC {
        FourCC(value: UInt32(truncatingIfNeeded: try number(bytes: 4)))
    }

    private static let short = MediaError(.corrupt, "a part is shorter than its fields")
}

/// A type of four characters, as boxes and chunks have.
struct FourCC: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    var value: UInt32

    init(value: UInt32) {
        self.value = value
    }

    init(stringLiteral text: StaticString) {
        value = text.withUTF8Buffer { $0.prefix(4).reduce(0) { $0 << 8 | UInt32($1) } }
    }

    private var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// Printable ASCII, or the copyright sign of old metadata boxes.
    var isPlausible: Bool {
        bytes.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0xA9 }
    }

    var isLetters: Bool {
        bytes.allSatisfy { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
    }

    var description: String { String(decoding: bytes, as: UTF8.self) }
}
