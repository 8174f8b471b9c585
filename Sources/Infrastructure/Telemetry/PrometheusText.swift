/// The text format of Prometheus, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
enum PrometheusText {
    /// A metric's name: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func name(_ label: String) -> String { sanitized(label, allowsColon: true) }

    /// `a="b",c="d"`, sorted by name. A name given twice keeps its last value.
    static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        let unique = Dictionary(dimensions.map { (sanitized($0.0, allowsColon: false), $0.1) }) { _, last in last }
        return unique.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    static func sample(_ name: String, _ labels: String, _ value: String, into text: inout String) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    private static func sanitized(_ text: String, allowsColon: Bool) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case 48...57, 65...90, 97...122, 0x5f: byte
            case 0x3a where allowsColon: byte
            default: 0x5f
            }
        }
        if let first = bytes.first, !(48...57).contains(first) {
            return String(decoding: bytes, as: UTF8.self)
        }
        bytes.insert(0x5f, at: 0)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x5c || $0 == 0x0a }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
