import Vocabulary

/// Checks values against a JSON Schema as the OpenAPI document has it: an implementation of its own, so that the
/// document is tested and not only the code that printed it. It fails on keywords that it doesn't know.
struct DocumentChecker: Sendable {
    var document: JSONValue

    private static let annotations: Set<String> = ["description", "examples", "default", "format", "$schema"]

    func faults(in value: JSONValue, against schema: JSONValue) -> [String] {
        var faults: [String] = []
        check(value, schema, at: "", &faults)
        return faults
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, at pointer: String, _ faults: inout [String]) {
        guard case .object(let keywords) = schema else {
            faults.append("\(pointer): the schema is no object")
            return
        }
        for (keyword, rule) in keywords where !Self.annotations.contains(keyword) {
            switch keyword {
            case "$ref": check(value, resolve(rule), at: pointer, &faults)
            case "anyOf":
                let fits = (rule.array ?? []).contains { self.faults(in: value, against: $0).isEmpty }
                if !fits { faults.append("\(pointer): fits none of \(rule)") }
            case "allOf": for part in rule.array ?? [] { check(value, part, at: pointer, &faults) }
            case "type": if !hasType(value, rule) { faults.append("\(pointer): \(value) is not of type \(rule)") }
            case "enum":
                if rule.array?.contains(value) != true { faults.append("\(pointer): \(value) is not in \(rule)") }
            case "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern":
                checkBound(value, keyword, rule, pointer, &faults)
            case "properties", "required", "additionalProperties":
                checkMembers(value, keyword, rule, keywords["properties"], pointer, &faults)
            case "items":
                for (index, item) in (value.array ?? []).enumerated() {
                    check(item, rule, at: "\(pointer)/\(index)", &faults)
                }
            default: faults.append("\(pointer): unknown keyword \(keyword)")
            }
        }
    }

    func resolve(_ reference: JSONValue) -> JSONValue {
        let steps = (reference.string ?? "").split(separator: "/").dropFirst().map(String.init)
        return steps.reduce(document) { value, step in value[step] ?? .null }
    }

    private func hasType(_ value: JSONValue, _ rule: JSONValue) -> Bool {
        let types = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
        return types.contains { type in
            switch (type, value) {
            case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object): true
            case ("number", .int), ("number", .double), ("integer", .int): true
            case ("integer", .double(let number)): number.rounded() == number
            default: false
            }
        }
    }

    private func number(_ value: JSONValue) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    private func checkBound(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ pointer: String, _ faults: inout [String]
    ) {
        let bound = number(rule) ?? 0
        let length = value.string.map { Double($0.unicodeScalars.count) }
        let count = value.array.map { Double($0.count) }
        let isGood =
            switch keyword {
            case "minimum": number(value).map { $0 >= bound } ?? true
            case "maximum": number(value).map { $0 <= bound } ?? true
            case "minLength": length.map { $0 >= bound } ?? true
            case "maxLength": length.map { $0 <= bound } ?? true
            case "minItems": count.map { $0 >= bound } ?? true
            case "maxItems": count.map { $0 <= bound } ?? true
            default: value.string.map { matches($0, rule.string ?? "") } ?? true
            }
        if !isGood { faults.append("\(pointer): \(value) breaks \(keyword) \(rule)") }
    }

    private func matches(_ text: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.contains(regex)
    }

    private func checkMembers(
        _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ properties: JSONValue?, _ pointer: String,
        _ faults: inout [String]
    ) {
        guard case .object(let members) = value else { return }
        switch (keyword, rule) {
        case ("properties", .object(let schemas)):
            for (name, schema) in schemas {
                if let member = members[name] { check(member, schema, at: "\(pointer)/\(name)", &faults) }
            }
        case ("additionalProperties", .object):
            for (name, member) in members where properties?[name] == nil {
                check(member, rule, at: "\(pointer)/\(name)", &faults)
            }
        case ("required", .array(let names)):
            for name in names where members[name.string ?? ""] == nil {
                faults.append("\(pointer): \(name) is missing")
            }
        default: faults.append("\(pointer): \(keyword) is malformed")
        }
    }
}
