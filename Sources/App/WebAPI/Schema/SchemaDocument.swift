package import Vocabulary

extension Schema {
    /// The schema in JSON Schema 2020-12, as OpenAPI 3.1 takes it. Named schemas are referred to, and collected.
    package func document(_ components: inout [String: JSONValue]) -> JSONValue {
        if case .named(let name, let schema) = form {
            if components[name] == nil {
                components[name] = .null
                components[name] = schema.document(&components)
            }
            let reference: JSONValue = ["$ref": .string("#/components/schemas/\(name)")]
            guard isNullable || summary != nil else { return reference }
            var members: [String: JSONValue] =
                isNullable ? ["anyOf": [reference, ["type": "null"]]] : ["allOf": [reference]]
            if let summary { members["description"] = .string(summary) }
            return .object(members)
        }
        var members = keywords(&components)
        if isNullable, let type = members["type"] {
            members["type"] = [type, "null"]
            if case .array(let values)? = members["enum"] { members["enum"] = .array(values + [.null]) }
        }
        if let summary { members["description"] = .string(summary) }
        if let example { members["examples"] = [example] }
        if let fallback { members["default"] = fallback }
        return .object(members)
    }

    private func keywords(_ components: inout [String: JSONValue]) -> [String: JSONValue] {
        switch form {
        case .any, .named: return [:]
        case .boolean: return ["type": "boolean"]
        case .integer(let range):
            return Self.bounded("integer", range.map { (.int($0.lowerBound), .int($0.upperBound)) })
        case .number(let range):
            return Self.bounded("number", range.map { (.double($0.lowerBound), .double($0.upperBound)) })
        case .string(let rule): return rule.keywords
        case .array(let items, let count):
            var members: [String: JSONValue] = ["type": "array", "items": items.document(&components)]
            if let count {
                members["minItems"] = .int(Int64(count.lowerBound))
                members["maxItems"] = .int(Int64(count.upperBound))
            }
            return members
        case .map(let values): return ["type": "object", "additionalProperties": values.document(&components)]
        case .object(let known):
            var properties: [String: JSONValue] = [:]
            for member in known { properties[member.name] = member.schema.document(&components) }
            var members: [String: JSONValue] = ["type": "object", "properties": .object(properties)]
            let required = known.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members["required"] = .array(required) }
            return members
        }
    }

    private static func bounded(_ type: String, _ range: (JSONValue, JSONValue)?) -> [String: JSONValue] {
        var members: [String: JSONValue] = ["type": .string(type)]
        if let range {
            members["minimum"] = range.0
            members["maximum"] = range.1
        }
        return members
    }
}

extension Schema.Text {
    fileprivate var keywords: [String: JSONValue] {
        var members: [String: JSONValue] = ["type": "string"]
        if let length {
            members["minLength"] = .int(Int64(length.lowerBound))
            members["maxLength"] = .int(Int64(length.upperBound))
        }
        if let values { members["enum"] = .array(values.map(JSONValue.string)) }
        if let pattern { members["pattern"] = .string(pattern.expression) }
        if let format { members["format"] = .string(format.rawValue) }
        return members
    }
}
