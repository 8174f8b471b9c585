import Logging
import Vocabulary

/// One record as one line of bytes, as text or JSON, redacted and cut.
struct LogLine {
    private(set) var bytes: [UInt8] = []
    private let isJSON: Bool
    private let valueSize: Int

    /// The names that a record has itself; metadata of the same name gets an underscore.
    private static let ownNames: Set<String> = ["time", "level", "logger", "message"]

    init(
        time: Timestamp, level: Logger.Level, logger: String, message: String, metadata: Logger.Metadata, isJSON: Bool,
        valueSize: Int
    ) {
        self.isJSON = isJSON
        self.valueSize = valueSize
        bytes.reserveCapacity(256)
        if isJSON {
            add("{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"logger\":")
            addString(logger)
            add(",\"message\":")
            addString(clean(message))
            for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
                add(",")
                addString(Self.ownNames.contains(name) ? "\(name)_" : name)
                add(":")
                addValue(value, name: name)
            }
            add("}\n")
        } else {
            let padding = String(repeating: " ", count: max(0, 8 - level.rawValue.count))
            add("\(time) \(level.rawValue)\(padding) ")
            addEscaped(logger, quoted: false)
            add(": ")
            addEscaped(clean(message), quoted: false)
            for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
                add(" ")
                addEscaped(name, quoted: false)
                add("=")
                addValue(value, name: name)
            }
            add("\n")
        }
    }

    private mutating func add(_ text: String) { bytes += text.utf8 }

    /// Masks secrets, then cuts: the other way around could leave the half of one.
    private func clean(_ text: String) -> String {
        let masked = LogRedaction.masking(text)
        guard masked.utf8.count > valueSize else { return masked }
        var end = masked.utf8.index(masked.utf8.startIndex, offsetBy: valueSize)
        while end > masked.startIndex, end.samePosition(in: masked.unicodeScalars) == nil {
            end = masked.utf8.index(before: end)
        }
        return masked[..<end] + "…"
    }

    private mutating func addValue(_ value: Logger.MetadataValue, name: String) {
        if LogRedaction.isSecret(name: name) { return addString(LogRedaction.mask) }
        switch value {
        case .string(let text): addString(clean(text))
        case .stringConvertible(let value): addConvertible(value)
        case .array(let items):
            add("[")
            for (index, item) in items.enumerated() {
                if index > 0 { add(",") }
                addValue(item, name: name)
            }
            add("]")
        case .dictionary(let members):
            add("{")
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { add(",") }
                addString(member.key)
                add(":")
                addValue(member.value, name: member.key)
            }
            add("}")
        }
    }

    /// Numbers and flags stay what they are in JSON.
    private mutating func addConvertible(_ value: any CustomStringConvertible & Sendable) {
        switch value {
        case let number as Int: add("\(number)")
        case let number as Int64: add("\(number)")
        case let number as Double where number.isFinite: add("\(number)")
        case let flag as Bool: add("\(flag)")
        default: addString(clean(value.description))
        }
    }

    private mutating func addString(_ text: String) {
        if !isJSON, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x3d && $0 != 0x5c })
        {
            return add(text)
        }
        bytes.append(0x22)
        addEscaped(text, quoted: true)
        bytes.append(0x22)
    }

    /// Escapes what could end the line, forge another, or change how a terminal shows it.
    private mutating func addEscaped(_ text: String, quoted: Bool) {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && (!quoted || ($0 != 0x22 && $0 != 0x5c)) }) {
            return add(text)
        }
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0a: add("\\n")
            case 0x0d: add("\\r")
            case 0x09: add("\\t")
            case 0x22 where quoted: add("\\\"")
            case 0x5c where quoted: add("\\\\")
            case 0x00...0x1f, 0x7f...0x9f, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
                let digits = String(scalar.value, radix: 16)
                add("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            case 0x20...0x7e: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            default: bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            }
        }
    }
}
