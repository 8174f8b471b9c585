/// The catalogue as of 2026-11-22, from the makers' deprecation pages and SDKs. Dates are the days on which the maker
/// switches the model off (UTC).
extension ModelCatalogue {
    /// The names that the replaced system used when a request named none. What is retired of them is served by its
    /// successor.
    package static let usualModels: [Modality: String] = [.text: "gpt-4o", .image: "dall-e-3", .video: "sora-2"]

    package static let known: [ModelEntry] = sandboxModels + textModels + imageModels + videoModels

    private static let sandboxModels = [
        // One entry stands for all three modalities; the modality of the sandbox's model isn't asked.
        ModelEntry(Sandbox.model, .text, maker: Sandbox.engineName, durations: anyDuration, sizes: anySize)
    ]

    /// GPT-6 takes a temperature only with reasoning off; GPT-5 and o3 take none (openai 3.54.0, litellm 1.109.1).
    private static let textModels = [
        ModelEntry(
            "gpt-4o", .text, maker: "openai", aliases: ["gpt-4o-2024-11-20", "gpt-4o-2024-08-06"], sunset: "2027-01-14",
            successor: "gpt-6-luna"),
        ModelEntry("gpt-4o-mini", .text, maker: "openai", sunset: "2027-01-14", successor: "gpt-6-luna"),
        ModelEntry("gpt-4.1", .text, maker: "openai", sunset: "2027-01-14", successor: "gpt-6-luna"),
        ModelEntry("gpt-4.1-mini", .text, maker: "openai", sunset: "2027-01-14", successor: "gpt-6-luna"),
        ModelEntry(
            "gpt-5", .text, maker: "openai", sunset: "2026-12-11", successor: "gpt-6.1-terra", temperature: .refused),
        ModelEntry(
            "gpt-5-mini", .text, maker: "openai", sunset: "2026-12-11", successor: "gpt-6-luna", temperature: .refused),
        ModelEntry(
            "gpt-5-nano", .text, maker: "openai", sunset: "2026-12-11", successor: "gpt-6-luna", temperature: .refused),
        ModelEntry("o3", .text, maker: "openai", sunset: "2026-12-11", successor: "gpt-6.1-sol", temperature: .refused),
        ModelEntry(
            "gpt-5.1", .text, maker: "openai", sunset: "2027-04-01", successor: "gpt-6.1-terra", temperature: .refused),
        ModelEntry(
            "gpt-5.4-nano", .text, maker: "openai", sunset: "2027-04-01", successor: "gpt-6-luna", temperature: .refused
        ),
        ModelEntry("gpt-6.2-astra", .text, maker: "openai", temperature: .takenWithoutReasoning),
        ModelEntry("gpt-6.2-sol", .text, maker: "openai", temperature: .takenWithoutReasoning),
        ModelEntry("gpt-6-astra", .text, maker: "openai", temperature: .takenWithoutReasoning),
        ModelEntry("gpt-6.1-sol", .text, maker: "openai", temperature: .takenWithoutReasoning),
        ModelEntry("gpt-6.1-terra", .text, maker: "openai", temperature: .takenWithoutReasoning),
        ModelEntry("gpt-6-luna", .text, maker: "openai", temperature: .takenWithoutReasoning),
    ]

    private static let imageModels =
        [
            ModelEntry(
                "dall-e-3", .image, maker: "openai",
                sizes: .listed([ImageSize(1024, 1024), ImageSize(1792, 1024), ImageSize(1024, 1792)]),
                sunset: "2026-05-12", successor: "gpt-image-2"),
            ModelEntry(
                "dall-e-2", .image, maker: "openai",
                sizes: .listed([ImageSize(1024, 1024), ImageSize(512, 512), ImageSize(256, 256)]),
                sunset: "2026-05-12", successor: "gpt-image-2"),
            ModelEntry(
                "gpt-image-1", .image, maker: "openai", sizes: gptImageSizes, sunset: "2026-10-23",
                successor: "gpt-image-2.5-sunburst"),
            ModelEntry(
                "gpt-image-1-mini", .image, maker: "openai", sizes: gptImageSizes, sunset: "2026-12-01",
                successor: "gpt-image-2.6-flare"),
            ModelEntry(
                "gpt-image-1.5", .image, maker: "openai", aliases: ["gpt-image-1.5-2025-12-16"], sizes: gptImageSizes,
                sunset: "2026-12-01", successor: "gpt-image-2.6-sunburst"),
            ModelEntry(
                "chatgpt-image-latest", .image, maker: "openai", sizes: gptImageSizes, sunset: "2026-12-01",
                successor: "gpt-image-2.6-sunburst"),
        ]
        + [
            "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare", "gpt-image-2.6-sunburst",
            "gpt-image-2.6-flare",
        ].map { ModelEntry($0, .image, maker: "openai", sizes: freeGPTImageSizes) }

    static let gptImageSizes = ImageSizeRule.listed([
        ImageSize(1024, 1024), ImageSize(1536, 1024), ImageSize(1024, 1536),
    ])

    /// From gpt-image-2 on: both sides divisible by 16, ratio 1:3…3:1. Above 2560 the maker calls it experimental.
    static let freeGPTImageSizes = ImageSizeRule.sides(256...2560, step: 16, ratio: 3)

    /// No engine of these makers is served yet, and two of the three models are switched off; the lengths that clients
    /// may ask for stay what they were.
    private static let videoModels = [
        ModelEntry("sora-2", .video, maker: "openai", durations: .listed([4, 8, 12]), sunset: "2026-09-24"),
        ModelEntry("sora-2-pro", .video, maker: "openai", durations: .listed([4, 8, 12]), sunset: "2026-09-24"),
        ModelEntry(
            "veo-3.1", .video, maker: "google", aliases: ["veo-3.1-generate-preview", "veo-3.1-fast"],
            durations: .listed([4, 6, 8]), sunset: "2026-10-22"),
        ModelEntry("runway-gen3", .video, maker: "runway", aliases: ["gen3a_turbo"], durations: .range(1...60)),
    ]
}
