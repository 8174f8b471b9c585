package import Settings

/// The text of `.env.example`: every setting with what it is for, what is allowed, and its default.
package enum SettingsExample {
    /// One commented entry for each declared setting, in the order in which they are read, with a blank line where
    /// another subject begins.
    package static func text(_ declared: [SettingsReader.Declared]) -> String {
        var lines: [String] = []
        var subject: String?
        for group in grouped(declared) {
            for setting in group {
                if let subject, subject != self.subject(of: setting.name) { lines.append("") }
                subject = self.subject(of: setting.name)
                lines.append("# \(setting.summary) (allowed: \(setting.allowed))")
                lines.append("# \(setting.name)=\(setting.defaultText)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Settings of one subject together, at the place of the first of them.
    private static func grouped(_ declared: [SettingsReader.Declared]) -> [[SettingsReader.Declared]] {
        var order: [String] = []
        var groups: [String: [SettingsReader.Declared]] = [:]
        for setting in declared {
            let subject = subject(of: setting.name)
            if groups[subject] == nil { order.append(subject) }
            groups[subject, default: []].append(setting)
        }
        return order.compactMap { groups[$0] }
    }

    /// `QUEUE` of `ATELIER_QUEUE_WORKERS`, `OPENAI` of `OPENAI_API_KEY`.
    private static func subject(of name: String) -> String {
        let words = name.split(separator: "_").map(String.init)
        return (words.first == "ATELIER" ? words.dropFirst().first : words.first) ?? name
    }
}
