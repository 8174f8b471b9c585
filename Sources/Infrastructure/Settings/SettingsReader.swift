package import Vocabulary

/// Reads settings and remembers what was asked for, what was found, where, and what was wrong with it.
///
/// Reading a setting declares it: `declared` is then the whole list that `atelier config` prints and that
/// `.env.example` is checked against. A faulty value doesn't stop the reading: the default stands in until `finish()`
/// reports every fault at once. Used at start only, by one task.
package final class SettingsReader {
    /// A setting as it was declared and found.
    package struct Declared: Sendable, Hashable {
        package var name: String
        package var summary: String
        /// The default in the notation of the environment; empty for none.
        package var defaultText: String
        /// What may be written, in words: `1…65535`, `serve or refuse`.
        package var allowed: String
        /// The effective value; nil when there is none. Masked by whoever prints it when `isSecret`.
        package var value: String?
        /// `default`, `flag`, `environment`, `.env`, or the name of the configuration file.
        package var source: String
        package var isSecret: Bool
    }

    package internal(set) var declared: [Declared] = []
    package internal(set) var faults: [SettingsError.Fault] = []
    private let sources: SettingsSources

    package init(_ sources: SettingsSources) { self.sources = sources }

    /// Text of any form, with a default.
    package func text(_ name: String, default value: String, _ summary: String) -> String {
        parsed(name, default: value, defaultText: value, allowed: "text", summary) { $0 }
    }

    /// Text of any form, or nil when it isn't set.
    package func text(_ name: String, default value: String? = nil, _ summary: String) -> String? {
        parsed(name, default: value, defaultText: value ?? "", allowed: "text", summary) { $0 }
    }

    /// A secret, never shown; nil when it isn't set.
    package func secret(_ name: String, _ summary: String) -> Secret? {
        let found = sources.find(name)
        declare(
            Declared(
                name: name, summary: summary, defaultText: "", allowed: "text", value: found?.value,
                source: found?.source ?? "default", isSecret: true))
        return found.map { Secret($0.value) }
    }

    /// A whole number within `range`.
    package func integer(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ summary: String
    ) -> Int {
        let allowed =
            range.upperBound == Int.max ? "\(range.lowerBound) or more" : "\(range.lowerBound)…\(range.upperBound)"
        return parsed(name, default: value, defaultText: "\(value)", allowed: allowed, summary, print: { "\($0)" }) {
            text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number, possibly with a fraction, within `range`.
    package func number(
        _ name: String, default value: Double, in range: ClosedRange<Double>, _ summary: String
    ) -> Double {
        let allowed = "\(range.lowerBound)…\(range.upperBound)"
        return parsed(name, default: value, defaultText: "\(value)", allowed: allowed, summary, print: { "\($0)" }) {
            text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A duration within `range`, written `500ms`, `60s`, `30m`, `24h` or `7d`; a bare number is seconds.
    package func duration(
        _ name: String, default value: Duration, in range: ClosedRange<Duration>, _ summary: String
    ) -> Duration {
        let ends = "\(SettingsNotation.text(range.lowerBound))…\(SettingsNotation.text(range.upperBound))"
        return parsed(
            name, default: value, defaultText: SettingsNotation.text(value), allowed: "\(ends), with ms, s, m, h or d",
            summary, print: SettingsNotation.text
        ) { text in
            SettingsNotation.duration(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A size in bytes within `range`, written `1048576`, `64KiB`, `1MiB` or `2GiB`.
    package func bytes(
        _ name: String, default value: Int, in range: ClosedRange<Int>, _ summary: String
    ) -> Int {
        let ends = "\(SettingsNotation.text(bytes: range.lowerBound))…\(SettingsNotation.text(bytes: range.upperBound))"
        return parsed(
            name, default: value, defaultText: SettingsNotation.text(bytes: value),
            allowed: "\(ends), in bytes or with KiB, MiB, GiB", summary, print: SettingsNotation.text(bytes:)
        ) { text in
            SettingsNotation.bytes(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// `true` or `false`; `yes`, `on`, `1` and `no`, `off`, `0` mean the same.
    package func flag(_ name: String, default value: Bool, _ summary: String) -> Bool {
        parsed(name, default: value, defaultText: "\(value)", allowed: "true or false", summary, print: { "\($0)" }) {
            text in
            switch text.lowercased() {
            case "true", "yes", "on", "1": true
            case "false", "no", "off", "0": false
            default: nil
            }
        }
    }

    /// One of the cases, by its raw value.
    package func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String, default value: Choice, _ summary: String
    ) -> Choice {
        let names = Choice.allCases.map(\.rawValue)
        let allowed = names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "") + (names.last ?? "")
        return parsed(name, default: value, defaultText: value.rawValue, allowed: allowed, summary, print: \.rawValue) {
            Choice(rawValue: $0)
        }
    }

    /// A value of the caller's own notation.
    /// - Parameters:
    ///   - defaultText: the default in that notation; empty for none.
    ///   - allowed: what may be written, in words.
    ///   - print: the notation of a value; nil shows what was given.
    ///   - parse: nil for what isn't allowed.
    package func parsed<Value>(
        _ name: String, default value: Value, defaultText: String, allowed: String, _ summary: String,
        print: ((Value) -> String)? = nil, parse: (String) -> Value?
    ) -> Value {
        var setting = Declared(
            name: name, summary: summary, defaultText: defaultText, allowed: allowed,
            value: defaultText.isEmpty ? nil : defaultText, source: "default", isSecret: false)
        defer { declare(setting) }
        guard let found = sources.find(name) else { return value }
        guard let parsed = parse(found.value) else {
            report(SettingsError.Fault(name: name, given: found.value, allowed: allowed, source: found.source))
            return value
        }
        setting.value = print?(parsed) ?? found.value
        setting.source = found.source
        return parsed
    }

    /// What a source gives for a name, without declaring it: for names that are only noticed, such as those of a
    /// replaced system.
    package func find(_ name: String) -> SettingsSources.Found? { sources.find(name) }

    /// Records a fault that shows only when several settings are seen together.
    package func refuse(_ name: String, allowed: String) {
        let setting = declared.first { $0.name == name }
        let given = setting?.isSecret == true ? "\(Secret(""))" : setting?.value ?? ""
        report(
            SettingsError.Fault(name: name, given: given, allowed: allowed, source: setting?.source ?? "default"))
    }

    /// The names that start with `prefix`, are present in a source, and that nobody has declared: mostly slips of the
    /// pen. Call it after everything has been read.
    package func undeclared(prefix: String = "ATELIER_") -> [SettingsSources.Mention] {
        let known = Set(declared.map(\.name))
        return sources.mentions(prefix: prefix).filter { !known.contains($0.name) }
    }

    /// Ends the reading.
    /// - Throws: `SettingsError` with every fault found.
    package func finish() throws {
        if !faults.isEmpty { throw SettingsError(faults) }
    }

    /// Two rooms may read the same setting; it is listed once.
    private func declare(_ setting: Declared) {
        if !declared.contains(where: { $0.name == setting.name }) { declared.append(setting) }
    }

    private func report(_ fault: SettingsError.Fault) {
        if !faults.contains(fault) { faults.append(fault) }
    }
}
