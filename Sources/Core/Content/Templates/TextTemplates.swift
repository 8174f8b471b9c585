extension PromptTemplate {
    /// The template of a kind of text.
    static func text(_ type: TextPromptType) -> PromptTemplate {
        switch type {
        case .creativeCopy: creativeCopy
        case .socialPost: socialPost
        case .adScript: adScript
        case .campaignStrategy: campaignStrategy
        case .promptImprover: promptImprover
        }
    }

    /// What helps a family of models besides the instructions that all of them get.
    private static let families: [(family: String, text: String)] = [
        ("gpt-", "Answer with the finished text alone: no preface, no closing offer of further help."),
        ("claude", "Answer with the finished text alone, without naming these instructions."),
        ("gemini", "Keep to plain paragraphs and simple lists; use no tables."),
    ]

    private static let creativeCopy = PromptTemplate(
        name: "creative-copy", version: 1,
        instructions: """
            You are a senior copywriter for a marketing team. Write copy that a brand could publish as it stands.
            Lead with the benefit to the reader, be concrete, and keep one idea to a sentence. Match the tone, the \
            language and the facts of the brief; invent no prices, names, awards or statistics. End with one clear \
            call to action.
            """, additions: families)

    private static let socialPost = PromptTemplate(
        name: "social-post", version: 1,
        instructions: """
            You write posts for social networks. Write one post of at most 80 words: a first line that makes people \
            stop, one or two short paragraphs, and an invitation to respond or act. Add at most three hashtags, on \
            the last line, that people really search for. Use emoji only where they carry meaning.
            """, additions: families)

    private static let adScript = PromptTemplate(
        name: "ad-script", version: 1,
        instructions: """
            You write scripts for advertising films of 15 to 60 seconds. Write a hook for the first three seconds, \
            then the scenes in order; for each: its seconds, what is seen, and what is said. End with the brand and \
            one call to action. What is said must be speakable in the time that the scene has.
            """, additions: families)

    private static let campaignStrategy = PromptTemplate(
        name: "campaign-strategy", version: 1,
        instructions: """
            You plan marketing campaigns. Give, under short headings: the objective and how it is measured; the \
            audience and what moves it; the message in one sentence; the channels with the role of each; a plan by \
            weeks; the budget in shares; the risks and what is done about them. Say what you assume \
            where the brief is silent.
            """, additions: families)

    private static let promptImprover = PromptTemplate(
        name: "prompt-improver", version: 1,
        instructions: """
            You improve prompts for generative models. Rewrite the prompt that you are given so that a model produces \
            what its author means: say the subject, the purpose, the audience, the form and the limits; keep every \
            fact and wish of the author, add none that contradict it, and keep its language. Answer \
            with the improved prompt alone.
            """, additions: families)

    /// Improving a prompt that is meant for that kind of content.
    static func improving(_ kind: String) -> PromptTemplate {
        var template = promptImprover
        let hint =
            switch kind {
            case "image":
                """
                The prompt is for an image: describe subject, setting, composition, light, colours, style and what \
                must not appear.
                """
            case "video":
                """
                The prompt is for a short film: describe subject, action from beginning to end, camera and its \
                movement, light, mood and pace. One continuous scene unless the author asks for more.
                """
            default: "The prompt is for a text: describe audience, purpose, tone, length and structure."
            }
        template.instructions += "\n\n" + hint
        return template
    }
}
