/// Reads a JSON text (RFC 8259) in one pass over its bytes, strictly: no comments, no trailing commas, valid UTF-8. The
/// one thing refused that JSON allows is an escaped NUL, which not every database can keep in a text.
///
/// Bodies are read into a `JSONValue` and checked against the route's schema from there, so that what is documented,
/// what is refused and what a handler sees is one thing, at a fraction of what decoding by reflection costs.
package struct JSONReader {
    /// Where and why a text isn't JSON.
    package struct Fault: Error, Sendable, Hashable {
        /// In bytes, from the start of the text.
        package var offset: Int
        package var detail: String
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let maximumDepth: Int
    private var index = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>, maximumDepth: Int) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// - Parameter maximumDepth: how deep arrays and objects may be nested.
    /// - Throws: `Fault`.
    package static func read(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) throws -> JSONValue {
        var reader = JSONReader(bytes.bindMemory(to: UInt8.self), maximumDepth: maximumDepth)
        return try reader.document()
    }

    /// - Throws: `Fault`.
    package static func read(_ bytes: [UInt8], maximumDepth: Int) throws -> JSONValue {
        try bytes.withUnsafeBytes { try read($0, maximumDepth: maximumDepth) }
    }

    private mutating func document() throws -> JSONValue {
        skipSpace()
        let value = try self.value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw fault("more text after the end of the value") }
        return value
    }

    private func fault(_ detail: String) -> Fault { Fault(offset: index, detail: detail) }

    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0a, 0x0d, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard index < bytes.count else { throw fault("the text ends where a value should be") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fault("no JSON value starts like this")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let length = word.utf8CodeUnitCount
        guard index + length <= bytes.count else { throw fault("no JSON value starts like this") }
        for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] {
            throw fault("no JSON value starts like this")
        }
        index += length
        return value
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        guard depth <= maximumDepth else { throw fault("nested deeper than \(maximumDepth) levels") }
        index += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw fault("a member's name is expected")
            }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is expected") }
            skipSpace()
            members[name] = try value(depth: depth)
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or the end of the object is expected") }
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        guard depth <= maximumDepth else { throw fault("nested deeper than \(maximumDepth) levels") }
        index += 1
        var items: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(items) }
        while true {
            skipSpace()
            items.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(items) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or the end of the array is expected") }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }
}

// MARK: Strings

extension JSONReader {
    /// Reads from the opening quote to after the closing one.
    private mutating func string() throws -> String {
        index += 1
        let start = index
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let text = try utf8(UnsafeBufferPointer(rebasing: bytes[start..<index]))
                index += 1
                return text
            case UInt8(ascii: "\\"): return try escapedString(from: start)
            case 0..<0x20: throw fault("a control character in a string has to be escaped")
            default: index += 1
            }
        }
        throw fault("the text ends within a string")
    }

    private func utf8(_ text: some Sequence<UInt8>) throws -> String {
        guard let string = String(validating: text, as: UTF8.self) else { throw fault("the string isn't UTF-8") }
        return string
    }

    private mutating func escapedString(from start: Int) throws -> String {
        var text = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                let string = try utf8(text)
                index += 1
                return string
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw fault("a control character in a string has to be escaped")
            default:
                text.append(byte)
                index += 1
            }
        }
        throw fault("the text ends within a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard index + 1 < bytes.count else { throw fault("the text ends within a string") }
        let letter = bytes[index + 1]
        if letter == UInt8(ascii: "u") { return try unicodeEscape(into: &text) }
        let plain: UInt8
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = letter
        case UInt8(ascii: "n"): plain = 0x0a
        case UInt8(ascii: "r"): plain = 0x0d
        case UInt8(ascii: "t"): plain = 0x09
        case UInt8(ascii: "b"): plain = 0x08
        case UInt8(ascii: "f"): plain = 0x0c
        default: throw fault("an unknown escape")
        }
        text.append(plain)
        index += 2
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws {
        var code = try hexadecimal()
        if (0xd800..<0xdc00).contains(code) {
            guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
            else {
                throw fault("half of a surrogate pair")
            }
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw fault("half of a surrogate pair") }
            code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00))
        }
        guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
        guard code != 0 else { throw fault("NUL characters are not taken") }
        text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Reads `\uXXXX`, standing on the backslash.
    private mutating func hexadecimal() throws -> UInt32 {
        guard index + 6 <= bytes.count else { throw fault("the text ends within a string") }
        var code: UInt32 = 0
        for offset in 2..<6 {
            let digit: UInt8
            switch bytes[index + offset] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - UInt8(ascii: "0")
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                digit = byte - UInt8(ascii: "a") + 10
            case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
                digit = byte - UInt8(ascii: "A") + 10
            default: throw fault("four hexadecimal digits are expected")
            }
            code = code << 4 | UInt32(digit)
        }
        index += 6
        return code
    }
}

// MARK: Numbers

extension JSONReader {
    /// A number without fraction and exponent that fits 64 bits is an integer; anything else is a double.
    private mutating func number() throws -> JSONValue {
        let start = index
        let negative = take(UInt8(ascii: "-"))
        let first = index
        var whole: Int64? = 0
        while let digit = digit() {
            if let so = whole {
                let (tens, high) = so.multipliedReportingOverflow(by: 10)
                let (sum, low) =
                    negative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
                whole = high || low ? nil : sum
            }
        }
        guard index > first else { throw fault("a digit is expected") }
        guard index == first + 1 || bytes[first] != UInt8(ascii: "0") else {
            throw fault("a number can't start with 0")
        }
        let isReal = try fraction()
        if !isReal, let whole, !(negative && whole == 0) { return .int(whole) }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self)
        guard let double = Double(text), double.isFinite else { throw fault("the number is out of range") }
        return .double(double)
    }

    private mutating func digit() -> Int64? {
        guard index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) else { return nil }
        defer { index += 1 }
        return Int64(bytes[index] - UInt8(ascii: "0"))
    }

    /// - Returns: whether there is a fraction or an exponent.
    private mutating func fraction() throws -> Bool {
        var isReal = false
        if take(UInt8(ascii: ".")) {
            isReal = true
            guard digit() != nil else { throw fault("a digit is expected") }
            while digit() != nil {}
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isReal = true
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digit() != nil else { throw fault("a digit is expected") }
            while digit() != nil {}
        }
        return isReal
    }
}
