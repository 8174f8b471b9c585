import Content
import Engines
import Vocabulary

// The bodies of the calls that make content, and how they become what the room takes. What both faces take is the same.

extension Schema {
    private static let prompt = Member.required(
        "prompt", .string(1...1_000_000).example("Three lines for a coffee that keeps its promise"),
        "What to make. The installation may allow less than the longest length.")
    private static let model = Member.optional(
        "model", .string(1...200).example("gpt-4o"),
        "The model, or `engine/model`; the installation's default when absent.")
    static let bodyTenant = Member.optional(
        "tenant_id", .string(1...63), "If present, the credential's tenant; else 403.")

    private static let textMembers: [Member] = [
        prompt, model,
        .optional("system_prompt_type", .one(of: TextPromptType.self), "The template that the text is written by."),
        .optional("context", .any, "What the text should know besides: text, or any JSON."),
        .optional("max_tokens", .integer(1...4_000).fallback(2_000)),
        .optional("temperature", .number(0...2).fallback(.double(0.7))),
        .optional("metadata", .any, "Kept with the record."),
        bodyTenant,
    ]

    static let serviceTextBody = Schema.object(members: textMembers).named("ServiceTextRequest")

    static let textBody = Schema.object(
        members: textMembers + [
            .optional(
                "stream", Schema.boolean.fallback(false),
                "Answer with Server-Sent Events: `delta` events, then one `done` with the whole record. A repeat with "
                    + "the same Idempotency-Key gets the record as plain JSON.")
        ]
    ).named("TextRequest")

    static let improveBody = Schema.object(
        prompt, model,
        .optional("content_type", .one(of: Modality.self).fallback("text"), "What the prompt is for."),
        bodyTenant
    ).named("ImprovePromptRequest")

    private static let imageMembers: [Member] = [
        prompt, model,
        .optional("resolution", .size, "Width and height; the model's usual when absent."),
        .optional("size", .size, "The same as `resolution`."),
        .optional("quality", .string(1...32).example("standard")),
        .optional("style", .one(of: ["vivid", "natural"])),
        .optional("negative_prompt", .string(0...32_000)),
        .optional("system_prompt_type", .one(of: ImagePromptType.self)),
        bodyTenant,
    ]

    static let serviceImageBody = Schema.object(members: imageMembers).named("ServiceImageRequest")

    static let imageBody = Schema.object(
        members: imageMembers + [
            .optional("async", Schema.boolean.fallback(false), "Answer at once with a job."),
            .optional("webhook_url", .webAddress, "With `async`: where the end of the job is told."),
            .optional("callback_url", .webAddress, "The same as `webhook_url`."),
        ]
    ).named("ImageRequest")

    static let videoBody = Schema.object(
        prompt, model,
        .optional("duration_seconds", .integer(1...3_600), "In whole seconds; which ones, depends on the model."),
        .optional("duration", .integer(1...3_600), "The same as `duration_seconds`."),
        .optional("aspect_ratio", .one(of: AspectRatio.self).fallback("16:9")),
        .optional("fps", .integer(1...60)),
        .optional("reference_images", .array(.string(.uri, 1...2_048), 0...16)),
        .optional("webhook_url", .webAddress, "Where the end of the job is told."),
        .optional("callback_url", .webAddress, "The same as `webhook_url`."),
        .optional("system_prompt_type", .one(of: VideoPromptType.self)),
        bodyTenant
    ).named("VideoRequest")
}

extension RequestMembers {
    func textGeneration() throws -> TextGeneration {
        TextGeneration(
            prompt: try required("prompt"), model: text("model"), promptType: choice("system_prompt_type"),
            context: json("context"), maximumTokens: integer("max_tokens") ?? 2_000,
            temperature: number("temperature") ?? 0.7, metadata: json("metadata"))
    }

    func imageGeneration() throws -> ImageGeneration {
        ImageGeneration(
            prompt: try required("prompt"), model: text("model"), size: text("resolution", "size"),
            quality: text("quality"), style: text("style"), negativePrompt: text("negative_prompt"),
            promptType: choice("system_prompt_type"), webhookURL: text("webhook_url", "callback_url"))
    }

    func videoGeneration(_ rule: VideoGeneration.DurationRule) throws -> VideoGeneration {
        VideoGeneration(
            prompt: try required("prompt"), model: text("model"),
            durationSeconds: integer("duration_seconds", "duration"), durationRule: rule,
            aspectRatio: choice("aspect_ratio") ?? .landscape, framesPerSecond: integer("fps"),
            referenceImages: texts("reference_images") ?? [], webhookURL: text("webhook_url", "callback_url"),
            promptType: choice("system_prompt_type"))
    }
}
