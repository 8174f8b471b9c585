package import NIOCore
package import Vocabulary

/// Writes JSON straight into bytes.
///
/// Answers are written by hand, member by member: it is an order of magnitude cheaper than encoding by reflection, and
/// every answer in the suites is checked against the OpenAPI document, so that a slip can't stay.
package struct JSONWriter {
    private var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package var buffer: ByteBuffer { ByteBuffer(bytes: bytes) }
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes of one object.
    package static func object(_ members: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(members)
        return writer.buffer
    }

    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        members(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array<Item>(_ items: some Sequence<Item>, _ item: (inout JSONWriter, Item) -> Void) {
        open(UInt8(ascii: "["))
        for element in items { item(&self, element) }
        close(UInt8(ascii: "]"))
    }

    private mutating func open(_ byte: UInt8) {
        separate()
        bytes.append(byte)
        needsComma = false
    }

    private mutating func close(_ byte: UInt8) {
        bytes.append(byte)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes a member's name; its value has to follow.
    package mutating func name(_ name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }
}

// MARK: Values

extension JSONWriter {
    package mutating func value(_ text: String) {
        separate()
        quote(text)
    }

    package mutating func value(_ number: Int64) {
        separate()
        bytes.append(contentsOf: number.description.utf8)
    }

    package mutating func value(_ number: Int) { value(Int64(number)) }

    /// A number that JSON can't hold becomes null. Whole numbers are written without a fraction.
    package mutating func value(_ number: Double) {
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53 { return value(whole) }
        guard number.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: number.description.utf8)
    }

    package mutating func value(_ flag: Bool) {
        separate()
        bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    }

    package mutating func value(_ moment: Timestamp) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        moment.appendRFC3339(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Text that is JSON already.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// The members of objects are written in the order of their names.
    package mutating func value(_ json: JSONValue) {
        switch json {
        case .null: null()
        case .bool(let flag): value(flag)
        case .int(let number): value(number)
        case .double(let number): value(number)
        case .string(let text): value(text)
        case .array(let items): array(items) { $0.value($1) }
        case .object(let members):
            object { writer in
                for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                    writer.name(name)
                    writer.value(member)
                }
            }
        }
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0a: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x0d: bytes.append(contentsOf: #"\r"#.utf8)
            case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
            case 0..<0x20, 0x7f:
                bytes.append(contentsOf: #"\u00"#.utf8)
                bytes.append(contentsOf: [byte].hex.utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

// MARK: Members

extension JSONWriter {
    package mutating func member(_ name: String, _ text: String) {
        self.name(name)
        value(text)
    }

    package mutating func member(_ name: String, _ number: Int64) {
        self.name(name)
        value(number)
    }

    package mutating func member(_ name: String, _ number: Int) { member(name, Int64(number)) }

    package mutating func member(_ name: String, _ number: Double) {
        self.name(name)
        value(number)
    }

    package mutating func member(_ name: String, _ flag: Bool) {
        self.name(name)
        value(flag)
    }

    package mutating func member(_ name: String, _ moment: Timestamp) {
        self.name(name)
        value(moment)
    }

    package mutating func member(_ name: String, _ json: JSONValue) {
        self.name(name)
        value(json)
    }

    package mutating func member(_ name: String, _ members: (inout JSONWriter) -> Void) {
        self.name(name)
        object(members)
    }

    package mutating func member<Item>(
        _ name: String, each items: some Sequence<Item>, _ item: (inout JSONWriter, Item) -> Void
    ) {
        self.name(name)
        array(items, item)
    }

    package mutating func null(_ name: String) {
        self.name(name)
        null()
    }

    /// Writes null for nil.
    package mutating func member(_ name: String, orNull text: String?) {
        if let text { member(name, text) } else { null(name) }
    }

    package mutating func member(_ name: String, orNull number: Int?) {
        if let number { member(name, number) } else { null(name) }
    }

    package mutating func member(_ name: String, orNull number: Double?) {
        if let number { member(name, number) } else { null(name) }
    }

    package mutating func member(_ name: String, orNull moment: Timestamp?) {
        if let moment { member(name, moment) } else { null(name) }
    }

    /// An amount in credits; null when none is known.
    package mutating func member(_ name: String, orNull amount: MicroCredits?) { member(name, orNull: amount?.credits) }
}

extension Timestamp {
    /// RFC 3339 in UTC with milliseconds, without a formatter: every answer has times in it.
    func appendRFC3339(to text: inout [UInt8]) {
        let milliseconds = microseconds.flooredDivision(by: 1_000)
        let days = milliseconds.flooredDivision(by: 86_400_000)
        let rest = Int(milliseconds - days * 86_400_000)
        let (year, month, day) = Self.civilDate(daysSince1970: days)
        text.appendDigits(year, count: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(month, count: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(day, count: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDigits(rest / 3_600_000, count: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(rest / 60_000 % 60, count: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(rest / 1_000 % 60, count: 2)
        text.append(UInt8(ascii: "."))
        text.appendDigits(rest % 1_000, count: 3)
        text.append(UInt8(ascii: "Z"))
    }

    /// Days to a date of the Gregorian calendar (H. Hinnant, chrono-compatible low-level date algorithms).
    private static func civilDate(daysSince1970: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = daysSince1970 + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), Int(month), Int(day))
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}

extension [UInt8] {
    /// The number in decimal, with leading zeros.
    fileprivate mutating func appendDigits(_ number: Int, count: Int) {
        var power = 1
        for _ in 1..<count { power *= 10 }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(number / power % 10))
            power /= 10
        }
    }
}
