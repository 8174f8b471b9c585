/// How durations and sizes are written in settings, read and printed alike.
package enum SettingsNotation {
    /// `500ms`, `60s`, `30m`, `24h`, `7d`; a bare number is seconds.
    /// - Returns: nil when `text` is none of these, or too long to count.
    package static func duration(_ text: String) -> Duration? {
        guard let (count, unit) = split(text) else { return nil }
        let milliseconds: Int64
        switch unit {
        case "ms": milliseconds = 1
        case "", "s": milliseconds = 1_000
        case "m": milliseconds = 60_000
        case "h": milliseconds = 3_600_000
        case "d": milliseconds = 86_400_000
        default: return nil
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: milliseconds)
        return overflow ? nil : .milliseconds(total)
    }

    /// The duration in the unit that reads best and loses nothing down to a millisecond.
    package static func text(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
        let units: [(size: Int64, least: Int64, name: String)] = [
            (86_400_000, 2, "d"), (3_600_000, 1, "h"), (60_000, 2, "m"), (1_000, 0, "s"),
        ]
        for unit in units where milliseconds % unit.size == 0 && milliseconds / unit.size >= unit.least {
            return "\(milliseconds / unit.size)\(unit.name)"
        }
        return "\(milliseconds)ms"
    }

    /// `65536`, `64KiB`, `1MiB`, `2GiB`.
    /// - Returns: nil when `text` is none of these, or too large to count.
    package static func bytes(_ text: String) -> Int? {
        guard let (count, unit) = split(text) else { return nil }
        let size: Int64
        switch unit.lowercased() {
        case "", "b": size = 1
        case "kib": size = 1 << 10
        case "mib": size = 1 << 20
        case "gib": size = 1 << 30
        case "tib": size = 1 << 40
        default: return nil
        }
        let (total, overflow) = count.multipliedReportingOverflow(by: size)
        return overflow ? nil : Int(exactly: total)
    }

    /// The size in the largest unit that divides it.
    package static func text(bytes: Int) -> String {
        let units = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
        for (size, name) in units where bytes >= size && bytes % size == 0 { return "\(bytes / size)\(name)" }
        return "\(bytes)"
    }

    private static func split(_ text: String) -> (count: Int64, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int64(digits) else { return nil }
        let unit = text.dropFirst(digits.count).drop(while: { $0 == " " })
        return (count, String(unit))
    }
}
