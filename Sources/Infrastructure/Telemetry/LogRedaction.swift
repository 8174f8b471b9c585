/// Keeps secrets out of logs: by the name under which a value is logged, and by what secrets look like in any text.
enum LogRedaction {
    static let mask = "••••"

    /// Whether a value under this name is a secret: one of its words says so. `prompt_tokens` is not one, `api_key`,
    /// `apiKey` and `Authorization` are.
    static func isSecret(name: String) -> Bool {
        if name == "object_key" { return false }
        var word: [UInt8] = []
        var wasLower = false
        for byte in name.utf8 {
            let isUpper = (65...90).contains(byte)
            let isLetter = isUpper || (97...122).contains(byte)
            if !isLetter || (isUpper && wasLower) {
                if isSecret(word: word) { return true }
                word.removeAll(keepingCapacity: true)
            }
            if isLetter { word.append(byte | 0x20) }
            wasLower = isLetter && !isUpper
        }
        return isSecret(word: word)
    }

    private static func isSecret(word: [UInt8]) -> Bool {
        guard let first = word.first, Letters.ofSecretWords.contains(first) else { return false }
        return secretWords.contains(word)
    }

    /// A set of lower-case letters: one look tells that most of a text begins nothing.
    private struct Letters {
        private let bits: UInt32

        static let ofSecretWords = Letters(LogRedaction.secretWords.compactMap(\.first))
        static let ofPatterns = Letters(Array(LogRedaction.patterns.keys))

        init(_ letters: [UInt8]) { bits = letters.reduce(0) { $0 | 1 << UInt32($1 - UInt8(ascii: "a")) } }

        func contains(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) && bits >> UInt32(byte - UInt8(ascii: "a")) & 1 == 1
        }
    }

    private static let secretWords = Set(
        [
            "authorization", "authorisation", "key", "apikey", "secret", "token", "password", "passwd", "signature",
            "cookie",
            "credential", "credentials",
        ].map { Array($0.utf8) })

    private struct Pattern {
        var start: [UInt8]
        /// How much must follow so that ordinary words aren't masked.
        var least: Int
        /// `bearer` is written in any case.
        var ignoresCase = false

        init(_ start: String, least: Int, ignoresCase: Bool = false) {
            self.start = Array(start.utf8)
            self.least = least
            self.ignoresCase = ignoresCase
        }
    }

    /// By their first letter, in lower case.
    private static let patterns: [UInt8: [Pattern]] = Dictionary(
        grouping: [
            Pattern("bearer ", least: 1, ignoresCase: true), Pattern("sk-", least: 8), Pattern("atl_live_", least: 1),
            Pattern("atl_test_", least: 1), Pattern("whsec_", least: 1),
            Pattern("signature=", least: 1, ignoresCase: true),
            Pattern("eyJ", least: 20),
        ], by: { $0.start[0] })

    /// The text with what looks like a credential masked after its beginning: `Bearer ••••`, `sk-••••`.
    static func masking(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            var result: [UInt8]?
            var copied = 0
            var position = 0
            while position < bytes.count {
                guard let end = secret(in: bytes, at: position) else {
                    position += 1
                    continue
                }
                var masked = result ?? []
                masked += bytes[copied..<end.start]
                masked += mask.utf8
                result = masked
                copied = end.end
                position = end.end
            }
            guard var masked = result else { return nil }
            masked += bytes[copied...]
            return String(decoding: masked, as: UTF8.self)
        } ?? text
    }

    /// Where the secret part lies, when one begins at `position`.
    private static func secret(in bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> (start: Int, end: Int)? {
        let letter = bytes[position] | 0x20
        guard Letters.ofPatterns.contains(letter), let candidates = patterns[letter] else { return nil }
        // Inside of a word it is something else: `disk-`, `task-`.
        if position > 0, isWord(bytes[position - 1]) { return nil }
        for pattern in candidates where position + pattern.start.count < bytes.count {
            let isHere = pattern.start.indices.allSatisfy { index in
                let byte = bytes[position + index]
                return byte == pattern.start[index] || (pattern.ignoresCase && byte | 0x20 == pattern.start[index])
            }
            guard isHere else { continue }
            let start = position + pattern.start.count
            var end = start
            while end < bytes.count, isCredential(bytes[end]) { end += 1 }
            if end - start >= pattern.least { return (start, end) }
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// The characters of tokens: base64 of both kinds, JWT, percent escapes.
    private static func isCredential(_ byte: UInt8) -> Bool {
        isWord(byte) || "-_.~+/=%".utf8.contains(byte)
    }
}
