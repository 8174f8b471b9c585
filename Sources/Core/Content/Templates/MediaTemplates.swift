extension PromptTemplate {
    static func image(_ type: ImagePromptType) -> PromptTemplate {
        switch type {
        case .creativeImage: creativeImage
        case .productImage: productImage
        }
    }

    static func video(_ type: VideoPromptType) -> PromptTemplate {
        switch type {
        case .creativeVideo: creativeVideo
        case .explainerVideo: explainerVideo
        }
    }

    private static let creativeImage = PromptTemplate(
        name: "creative-image", version: 1,
        instructions: """
            A striking image for a marketing campaign: one clear subject, a strong composition with room for a \
            headline, deliberate light and a limited palette. No text, no logos, no watermarks in the picture.
            """,
        additions: [
            ("dall-e", "Natural proportions of people and hands."),
            ("gpt-image", "If the brief asks for words in the picture, set exactly those words, spelled as given."),
        ])

    private static let productImage = PromptTemplate(
        name: "product-image", version: 1,
        instructions: """
            A product photograph for a shop: the product whole, sharp and true in shape and colour, on a clean \
            background with soft studio light and a natural shadow. Nothing that isn't part of the offer.
            """,
        additions: [
            ("dall-e", "Straight-on or three-quarter view, no people."),
            ("gpt-image", "Keep printed labels legible and spelled as given."),
        ])

    private static let creativeVideo = PromptTemplate(
        name: "creative-video", version: 1,
        instructions: """
            A short film for a marketing campaign: one continuous scene, a clear movement from beginning to end, \
            smooth camera, cinematic light, and a last frame that can stand as a picture. No captions, no logos.
            """,
        additions: [
            ("sora", "Physically plausible motion; one camera move."),
            ("veo", "Ambient sound that fits the scene; no spoken words unless the brief gives them."),
            ("runway", "Describe the motion of subject and camera rather than the plot."),
        ])

    private static let explainerVideo = PromptTemplate(
        name: "explainer-video", version: 1,
        instructions: """
            A short explaining film: show one idea step by step, simple shapes and calm movement, high contrast, the \
            subject centred, a steady camera, and a pace that can be followed without sound.
            """,
        additions: [
            ("sora", "Keep objects consistent from frame to frame."),
            ("veo", "Quiet background sound."),
            ("runway", "Slow, even motion."),
        ])

    /// A prompt with the template before it: picture and film engines have no separate instructions.
    func applied(to prompt: String, model: String) -> String {
        let own = additions.filter { model.lowercased().hasPrefix($0.family) }.map(\.text)
        return ([prompt, instructions] + own).joined(separator: "\n\n")
    }
}
