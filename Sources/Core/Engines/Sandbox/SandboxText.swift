import Vocabulary

/// The sandbox's text: fits the prompt's type, always the same for the same prompt, and says what it is.
///
/// Tokens are counted by `TokenUsage.estimate`, prompt and answer alike.
struct SandboxText: Sendable {
    /// What a template asks for in its line `Format: TYPE`.
    enum Format: String, Sendable, CaseIterable {
        case creativeCopy = "creative-copy"
        case socialPost = "social-post"
        case adScript = "ad-script"
        case campaignStrategy = "campaign-strategy"
        case promptImprover = "prompt-improver"
    }

    var format: Format?
    var prompt: String

    static let notice = "[Sandbox] Written by Atelier's sandbox engine; no language model was asked."

    /// - Parameter system: the template's text; its last line that starts with `Format:` counts.
    init(prompt: String, system: String?) {
        self.prompt = prompt
        let lines = (system ?? "").split(separator: "\n").reversed()
        let marker = lines.first { $0.hasPrefix("Format:") }?.dropFirst("Format:".count)
        format = marker.flatMap { Format(rawValue: $0.filter { !$0.isWhitespace }) }
    }

    /// The text, cut at a word so that it has at most that many tokens.
    func result(maximumTokens: Int, system: String?, requestID: String) -> TextResult {
        let whole = Self.notice + "\n\n" + body()
        let (content, isCut) = Self.cut(whole, tokens: maximumTokens)
        let usage = TokenUsage(estimatedFrom: (system ?? "") + prompt, completion: content)
        return TextResult(
            content: content, usage: usage, finishReason: isCut ? "length" : "stop",
            providerRequestID: "sandbox-\(requestID)")
    }

    private static func cut(_ text: String, tokens limit: Int) -> (String, Bool) {
        guard TokenUsage.estimate(text) > limit else { return (text, false) }
        var kept = ""
        for piece in pieces(of: text, words: 1) {
            if TokenUsage.estimate(kept + piece) > limit { break }
            kept += piece
        }
        if kept.isEmpty { kept = String(text.prefix(max(limit, 1) * 4)) }
        while kept.last?.isWhitespace == true { kept.removeLast() }
        return (kept, true)
    }

    /// The text in pieces of so many words, with the white space after each; together they are the text.
    static func pieces(of text: String, words: Int = 3) -> [String] {
        var pieces: [String] = []
        var piece = ""
        var count = 0
        var inSpace = false
        for character in text {
            if inSpace, !character.isWhitespace {
                count += 1
                if count == words {
                    pieces.append(piece)
                    (piece, count) = ("", 0)
                }
            }
            inSpace = character.isWhitespace
            piece.append(character)
        }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }

    // MARK: The words

    private var subject: String {
        let words = prompt.split(whereSeparator: \.isWhitespace)
        let short = words.prefix(14).joined(separator: " ")
        let text = String(short.prefix(120))
        return text.isEmpty ? "your idea" : text
    }

    private var hashtags: String {
        let words: [Substring] = prompt.split(whereSeparator: { !$0.isLetter && !$0.isNumber })
        var seen: Set<String> = []
        var tags: [String] = []
        for word in words where word.count > 4 && tags.count < 3 {
            let name = String(word.prefix(1)).uppercased() + String(word.dropFirst()).lowercased()
            if seen.insert(name).inserted { tags.append("#\(name)") }
        }
        return (tags + ["#MadeInTheSandbox"]).joined(separator: " ")
    }

    private func body() -> String {
        var seed = Fingerprint(prompt)
        switch format {
        case .creativeCopy: return creativeCopy(&seed)
        case .socialPost: return socialPost(&seed)
        case .adScript: return adScript(&seed)
        case .campaignStrategy: return campaignStrategy(&seed)
        case .promptImprover: return improvedPrompt(&seed)
        case nil: return reply(&seed)
        }
    }

    private func creativeCopy(_ seed: inout Fingerprint) -> String {
        let headline = seed.pick([
            "Made for the moment", "Less noise, more of it", "The good kind of new", "Worth a second look",
        ])
        let close = seed.pick(["See it today.", "Try it this week.", "Find out what changes.", "Start where you are."])
        return """
            Headline: \(headline)

            \(subject). It does one thing well, and it is there when you need it. No fuss, no small print: a better \
            way through an ordinary day.

            Call to action: \(close)
            """
    }

    private func socialPost(_ seed: inout Fingerprint) -> String {
        let opening = seed.pick([
            "Big news:", "You asked, here it is:", "Today is a good day for this:", "Look what's here:",
        ])
        let question = seed.pick([
            "What would you do first?", "Who is in?", "Tell us what you think.", "Tag somebody who needs this.",
        ])
        return """
            \(opening) \(subject).

            We made it simple, useful and a little bit fun. \(question)

            \(hashtags)
            """
    }

    private func adScript(_ seed: inout Fingerprint) -> String {
        let place = seed.pick(["a kitchen at dawn", "a busy street", "a quiet office", "a beach at dusk"])
        let line = seed.pick([
            "There is an easier way.", "It starts here.", "You will notice the difference.", "Now it makes sense.",
        ])
        return """
            SCENE 1 (0-5 s). \(place.prefix(1).uppercased() + place.dropFirst()). Somebody stops and looks up.
            VOICE-OVER: \(subject).

            SCENE 2 (5-20 s). Close on hands, then on a smile. The pace picks up.
            VOICE-OVER: \(line)

            SCENE 3 (20-30 s). The product, centred, on a plain ground.
            SUPER: \(subject)
            """
    }

    private func campaignStrategy(_ seed: inout Fingerprint) -> String {
        let channel = seed.pick(["short video", "search", "newsletters", "partners"])
        let measure = seed.pick(["cost per sign-up", "repeat visits", "qualified leads", "saves and shares"])
        return """
            1. Goal: make "\(subject)" known to those who would use it, and give them a reason to act.
            2. Audience: people who have the problem now; then people who advise them.
            3. Message: one promise, one proof, one next step.
            4. Channels: lead with \(channel); support with owned pages and retargeting.
            5. Timeline: two weeks of tests, four weeks at full budget, one week to learn.
            6. Measure: \(measure), read every week.
            """
    }

    private func improvedPrompt(_ seed: inout Fingerprint) -> String {
        let light = seed.pick(["soft morning light", "clear studio light", "warm evening light", "bright daylight"])
        let tone = seed.pick(["confident and friendly", "calm and precise", "playful and warm", "bold and direct"])
        return """
            \(prompt.isEmpty ? subject : prompt)

            Be specific: name the subject, the setting and the one detail that matters. Tone: \(tone). Where \
            something is seen: \(light), plain background, subject in the first third. Leave out logos and text.
            """
    }

    private func reply(_ seed: inout Fingerprint) -> String {
        let opening = seed.pick(["Here is a first draft.", "A possible answer:", "One way to put it:", "A start:"])
        return """
            \(opening)

            \(subject). With an engine configured, a language model's answer stands here: the fields, the counting of \
            tokens and the stream are the same.
            """
    }
}
