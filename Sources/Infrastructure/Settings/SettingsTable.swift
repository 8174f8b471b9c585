import Vocabulary

extension SettingsReader {
    /// The declared settings as aligned lines, sorted by name: name, effective value, source. Secrets are masked, and
    /// so is the password in a URL.
    package func settingsTable() -> String {
        let rows = declared.sorted { $0.name < $1.name }.map { [$0.name, $0.shown, $0.source] }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            (0..<2).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }.joined(separator: "  ")
                + "  " + row[2]
        }.joined(separator: "\n")
    }
}

extension SettingsReader.Declared {
    /// The effective value as it may be shown: `-` for none, secrets masked.
    package var shown: String {
        guard let value else { return "-" }
        return isSecret ? "\(Secret(value))" : Self.maskingPassword(in: value)
    }

    private static func maskingPassword(in text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return text
        }
        return text[...colon] + "\(Secret(""))" + text[at...]
    }
}
