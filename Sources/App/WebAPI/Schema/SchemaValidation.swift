package import Content
package import Vocabulary

extension Schema {
    /// The most faults that are reported of one value.
    private static let maximumFaults = 50

    /// Every fault of a value, each with the JSON pointer of where it is; empty when there is none.
    package func faults(in value: JSONValue) -> [ContentError.Fault] {
        var faults: [ContentError.Fault] = []
        check(value, at: "", into: &faults)
        return faults
    }

    /// What is wrong with the text of a parameter; nil when nothing is.
    func fault(ofParameter text: String) -> String? {
        if case .integer(let range?) = form, Int64(text) == nil {
            return "must be \(range.lowerBound) to \(range.upperBound)"
        }
        if case .integer = form, let number = Int64(text) { return faults(in: .int(number)).first?.detail }
        return faults(in: .string(text)).first?.detail
    }

    private func check(_ value: JSONValue, at pointer: String, into faults: inout [ContentError.Fault]) {
        guard faults.count < Self.maximumFaults else { return }
        if case .null = value, isNullable { return }
        switch (form, value) {
        case (.any, _), (.boolean, .bool): return
        case (.named(_, let schema), _): schema.check(value, at: pointer, into: &faults)
        case (.string(let rule), .string(let text)):
            if let detail = rule.fault(of: text) { faults.append(.init(pointer, detail)) }
        case (.integer(let range), _) where value.int != nil:
            if let range, let number = value.int, !range.contains(number) {
                faults.append(.init(pointer, "must be \(range.lowerBound) to \(range.upperBound)"))
            }
        case (.number(let range), .int(let number)): check(Double(number), range, pointer, &faults)
        case (.number(let range), .double(let number)): check(number, range, pointer, &faults)
        case (.array(let schema, let count), .array(let items)):
            if let count, !count.contains(items.count) {
                faults.append(.init(pointer, "must have \(count.lowerBound) to \(count.upperBound) items"))
                return
            }
            for (index, item) in items.enumerated() { schema.check(item, at: "\(pointer)/\(index)", into: &faults) }
        case (.map(let schema), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                schema.check(member, at: pointer + Self.step(name), into: &faults)
            }
        case (.object(let known), .object(let members)):
            for member in known { check(member, of: members, at: pointer, into: &faults) }
        default: faults.append(.init(pointer, "must be \(expectation)"))
        }
    }

    private func check(
        _ member: Member, of members: [String: JSONValue], at pointer: String, into faults: inout [ContentError.Fault]
    ) {
        if let value = members[member.name] {
            member.schema.check(value, at: pointer + Self.step(member.name), into: &faults)
        } else if member.isRequired {
            faults.append(.init(pointer + Self.step(member.name), "is required"))
        }
    }

    private func check(
        _ number: Double, _ range: ClosedRange<Double>?, _ pointer: String, _ faults: inout [ContentError.Fault]
    ) {
        guard let range, !range.contains(number) else { return }
        faults.append(.init(pointer, "must be \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound))"))
    }

    private static func plain(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? String(number)
    }

    /// A member's name as a step of a JSON pointer (RFC 6901).
    private static func step(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else {
            return "/" + name
        }
        return name.reduce(into: "/") { step, character in
            switch character {
            case "~": step += "~0"
            case "/": step += "~1"
            default: step.append(character)
            }
        }
    }

    private var expectation: String {
        let type =
            switch form {
            case .any: "any value"
            case .boolean: "true or false"
            case .integer: "a whole number"
            case .number: "a number"
            case .string: "a string"
            case .array: "an array"
            case .object, .map: "an object"
            case .named(_, let schema): schema.expectation
            }
        return isNullable ? "\(type) or null" : type
    }
}

extension Schema.Text {
    /// What is wrong with the text; nil when nothing is.
    func fault(of text: String) -> String? {
        if let values, !values.contains(text) { return "must be one of \(values.joined(separator: ", "))" }
        if let length {
            let count = text.unicodeScalars.count
            if count < length.lowerBound {
                return count == 0 ? "must not be empty" : "must have \(length.lowerBound) characters or more"
            }
            if count > length.upperBound { return "must have \(length.upperBound) characters at most" }
        }
        if let pattern, !pattern.matches(text) { return "must match \(pattern.expression)" }
        switch format {
        case .dateTime: return Timestamp(text) == nil ? "must be an RFC 3339 time" : nil
        case .uri: return Self.isWebAddress(text) ? nil : "must be an http or https address"
        case .byte, nil: return nil
        }
    }

    /// The scheme, a host, and no space or control character. Whether the address may be reached is another question.
    static func isWebAddress(_ text: String) -> Bool {
        let lower = text.prefix(8).lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else { return false }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        guard let first = rest.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "?") else { return false }
        return rest.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
