/// Writes JSON straight into bytes.
///
/// Answers are written by hand, member by member: it is an order of magnitude cheaper than encoding by reflection, and
/// every answer in the suites is checked against the OpenAPI document, so that a slip can't stay.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

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
        bytes.append(contentsOf: moment.description.utf8)
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
        var text = text
        text.withUTF8 { utf8 in
            // What needs no escape is copied in one piece.
            var copied = 0
            for (index, byte) in utf8.enumerated() where Self.needsEscape(byte) {
                bytes.append(contentsOf: utf8[copied..<index])
                escape(byte)
                copied = index + 1
            }
            bytes.append(contentsOf: utf8[copied...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7f
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0a: bytes.append(contentsOf: #"\n"#.utf8)
        case 0x0d: bytes.append(contentsOf: #"\r"#.utf8)
        case 0x09: bytes.append(contentsOf: #"\t"#.utf8)
        default:
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(contentsOf: [byte].hex.utf8)
        }
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
