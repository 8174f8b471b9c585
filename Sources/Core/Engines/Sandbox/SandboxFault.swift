import Settings
import Vocabulary

/// What the sandbox is to do wrong, written in the prompt as `[sandbox:WORD]` or `[sandbox:WORD=VALUE]`, or given
/// without brackets (several with commas) in the header `X-Sandbox-Fault`, which wins.
///
/// | word | what happens |
/// |---|---|
/// | `slow`, `slow=5s` | the answer comes after 3 s, or after that time |
/// | `late`, `late=20s` | it succeeds, after ten times the render time, or after that time |
/// | `429`, `500` | the answer is that status |
/// | `garbage` | an answer that isn't one: HTML for an image or a film, no JSON for a text |
/// | `truncated` | half of the bytes that were announced; a text breaks off |
/// | `drop` | the request is accepted, and the connection ends without an answer |
/// | `moderated` | refused for its content |
/// | `moderated-late` | refused for its content after all the work |
/// | `fail` | the work fails |
///
/// No time is longer than an hour. An unknown word, a time that can't be read and a value that a word doesn't take
/// are refused; brackets that don't begin with `[sandbox:`, or don't end, are the prompt's own.
package struct SandboxFault: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case rateLimited = "429"
        case serverError = "500"
        case garbage, truncated, drop, moderated
        case moderatedLate = "moderated-late"
        case fail
    }

    package var outcome: Outcome?
    /// Before the answer, in milliseconds.
    package var slow: Int64?
    /// Until the work is done, in milliseconds; 0 for ten times the render time.
    package var late: Int64?

    static let usualSlowness: Int64 = 3_000
    /// What a longer time is cut to: a prompt is foreign text.
    static let longest = Duration.seconds(3_600)

    package init() {}

    /// Splits a prompt into what is meant for the engine and what is to go wrong.
    /// - Throws: `EngineError` with `.unsupportedParameter` for a fault that isn't in the table.
    package static func read(prompt: String, header: String?) throws -> (
        prompt: String, fault: SandboxFault
    ) {
        var fault = SandboxFault()
        var rest = ""
        var text = prompt[...]
        while let start = text.firstRange(of: "[sandbox:") {
            guard let end = text[start.upperBound...].firstIndex(of: "]") else { break }
            rest += text[..<start.lowerBound]
            try fault.take(String(text[start.upperBound..<end]))
            text = text[text.index(after: end)...]
        }
        rest += text
        for word in (header ?? "").split(separator: ",") {
            let bare = word.filter { $0 != " " && $0 != "[" && $0 != "]" }
            guard !bare.isEmpty else { continue }
            try fault.take(bare.hasPrefix("sandbox:") ? String(bare.dropFirst(8)) : bare)
        }
        let clean = rest.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        return (clean, fault)
    }

    private mutating func take(_ word: String) throws {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let name = parts.first ?? ""
        guard parts.count > 1 else {
            switch name {
            case "slow": slow = Self.usualSlowness
            case "late": late = 0
            default:
                guard let outcome = Outcome(rawValue: name) else { throw Self.unknown(word) }
                self.outcome = outcome
            }
            return
        }
        guard let time = SettingsNotation.duration(parts[1]).map(Self.milliseconds) else { throw Self.unknown(word) }
        switch name {
        case "slow": slow = time
        case "late": late = time
        default: throw Self.unknown(word)
        }
    }

    private static func unknown(_ word: String) -> EngineError {
        let known = ["slow", "slow=5s", "late", "late=20s"] + Outcome.allCases.map(\.rawValue)
        return EngineError(
            .unsupportedParameter,
            "the sandbox knows no fault '\(word.prefix(60))'; it knows: \(known.joined(separator: ", "))")
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        min(duration, longest).wholeMicroseconds / 1_000
    }
}
