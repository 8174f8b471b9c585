/// The `.env` format: `NAME=value` a line, with `#` comments, an optional `export`, and optional quotes around a value.
enum DotEnvFile {
    /// - Throws: `SettingsError` that names the first line that makes no sense.
    static func parse(_ bytes: [UInt8], path: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for (index, raw) in String(decoding: bytes, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline
        ).enumerated() {
            var line = trim(raw)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = trim(line.dropFirst(7)) }
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw SettingsError(file: path, reason: "line \(index + 1) is not NAME=value")
            }
            values[String(trim(line[..<equals]))] = unquote(trim(line[line.index(after: equals)...]))
        }
        return values
    }

    private static func unquote(_ text: Substring) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return String(text)
    }

    private static func trim(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
