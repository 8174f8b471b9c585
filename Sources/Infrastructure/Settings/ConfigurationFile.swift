import Configuration
import FoundationEssentials
import Synchronization
import Vocabulary

/// The configuration file: JSON or YAML, read into the names of the environment.
enum ConfigurationFile {
    /// What the names of Atelier's own settings begin with, and keys in lower case leave out.
    static let prefix = "ATELIER_"

    /// - Throws: `SettingsError` that names the file and what is wrong in it.
    static func parse(_ bytes: [UInt8], path: String) throws -> [String: String] {
        let entries: [(key: String, value: String)]
        do {
            entries = path.lowercased().hasSuffix(".json") ? try json(bytes) : try yaml(bytes)
        } catch is DecodingError {
            throw SettingsError(file: path, reason: "it is not valid JSON")
        } catch {
            // The first line only: what follows quotes the file, which may hold secrets.
            let reason = "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? "it can't be parsed"
            throw SettingsError(file: path, reason: reason)
        }
        var values: [String: String] = [:]
        for entry in entries {
            let name = settingName(entry.key)
            guard values.updateValue(entry.value, forKey: name) == nil else {
                throw SettingsError(file: path, reason: "\(name) is given twice")
            }
        }
        return values
    }

    /// `queue.workers` is `ATELIER_QUEUE_WORKERS`; a name already in capitals stays as it is.
    static func settingName(_ key: String) -> String {
        let name = String(key.map { $0 == "." || $0 == "-" ? "_" : $0 })
        if name == name.uppercased() { return name }
        let capitals = name.uppercased()
        return capitals.hasPrefix(prefix) ? capitals : prefix + capitals
    }

    /// The snapshot lists no keys, but asks of each whether it is a secret: that is where the keys are learned.
    private static func yaml(_ bytes: [UInt8]) throws -> [(key: String, value: String)] {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d }) { return [] }
        let seen = Seen()
        let options = YAMLSnapshot.ParsingOptions(
            secretsSpecifier: .dynamic { key, _ in
                seen.entries.withLock { $0.append((key, "")) }
                return true
            })
        let snapshot = try YAMLSnapshot(data: bytes.span.bytes, providerName: "file", parsingOptions: options)
        return seen.entries.withLock { $0 }.map { entry in
            let key = AbsoluteConfigKey(entry.key.split(separator: ".").map(String.init))
            if case .string(let text)? = try? snapshot.value(forKey: key, type: .string).value?.content {
                return (entry.key, text == "~" || text == "null" ? "" : text)
            }
            if case .stringArray(let items)? = try? snapshot.value(forKey: key, type: .stringArray).value?.content {
                return (entry.key, items.joined(separator: ","))
            }
            return (entry.key, "")
        }
    }

    /// Not through the snapshot for JSON, which can't tell `true` from `1`.
    private static func json(_ bytes: [UInt8]) throws -> [(key: String, value: String)] {
        guard case .object(let members) = try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            throw Malformed(description: "its outermost value is not an object")
        }
        var entries: [(key: String, value: String)] = []
        var rest = members.map { ($0.key, $0.value) }
        while let (key, value) = rest.popLast() {
            if case .object(let members) = value {
                rest += members.map { ("\(key).\($0.key)", $0.value) }
            } else {
                let items = try (value.array ?? [value]).map { try text($0, of: key) }
                entries.append((key, items.joined(separator: ",")))
            }
        }
        return entries
    }

    private static func text(_ value: JSONValue, of key: String) throws -> String {
        switch value {
        case .null: return ""
        case .bool(let value): return "\(value)"
        case .int(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .string(let value): return value
        case .array, .object: throw Malformed(description: "\(key) is nested too deep")
        }
    }

    private struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    private final class Seen: Sendable {
        let entries = Mutex<[(key: String, value: String)]>([])
    }
}
