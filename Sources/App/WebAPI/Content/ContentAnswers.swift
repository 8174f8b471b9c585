import Content
import Engines
import NIOCore
import Vocabulary

// What the gateway's face says of texts, images and jobs, and the schemas that say the same.

extension Schema {
    /// `{"success": true, "data": …}`.
    static func wrapped(_ data: Schema) -> Schema {
        .object(.required("success", .boolean), .required("data", data))
    }

    static func wrappedList(_ item: Schema) -> Schema {
        .object(
            .required("success", .boolean), .required("data", .array(item)),
            .optional("next_cursor", .string(), "For `cursor`; null on the last page."))
    }

    /// `{"data": […], "next_cursor": …}`.
    static func list(_ item: Schema) -> Schema {
        .object(
            .required("data", .array(item)),
            .optional("next_cursor", .string(), "For `cursor`; null on the last page."))
    }

    static let usage = Schema.object(
        .required("prompt_tokens", .integer()), .required("completion_tokens", .integer()),
        .required("total_tokens", .integer())
    ).described("As the engine counted.")

    static let textRecord = Schema.object(
        .required("id", .id(GenerationKind.self)),
        .required("content", .string()),
        .required("model", .string(), "As asked."),
        .required("served_by", .string(), "As used: another one where the model is retired or failed."),
        .required("engine", .string()),
        .required("tenant_id", .tenantID),
        .required("usage", .usage),
        .required("finish_reason", .string()),
        .required("cost", .credits),
        .required("created_at", .moment),
        .required("attempts", .array(EngineAttempt.schema))
    ).named("Text")

    static let imageRecord = Schema.object(
        .required("id", .id(GenerationKind.self)),
        .required("asset_id", .id(AssetKind.self)),
        .required("url", .string(.uri), "A signed link that expires."),
        .required("storage_path", .string()),
        .required("revised_prompt", Schema.string().orNull),
        .required("model", .string()),
        .required("served_by", .string()),
        .required("engine", .string()),
        .required("resolution", .size, "Of the file."),
        .required("tenant_id", .tenantID),
        .required("cost", .credits),
        .required("created_at", .moment),
        .required("attempts", .array(EngineAttempt.schema))
    ).named("Image")

    static let queuedVideo = Schema.object(
        .required("job_id", .id(ContentJobKind.self)),
        .required("status", .one(of: ContentJob.Status.self)),
        .required("tenant_id", .tenantID),
        .required("model", .string()),
        .required("duration_seconds", Schema.integer().orNull),
        .required("estimated_time_seconds", Schema.integer().orNull),
        .required("created_at", .moment)
    ).named("QueuedVideo")

    static let jobResult = Schema.object(
        .required("url", .string(.uri), "A signed link that expires."),
        .required("duration", Schema.number().orNull, "In seconds, of the file; null for an image."),
        .required("model", .string()),
        .required("storage_path", .string()),
        .required("asset_id", .id(AssetKind.self)),
        .required("content_type", .string()),
        .required("size", .integer(), "In bytes."),
        .required("sha256", .string()),
        .required("width", Schema.integer().orNull),
        .required("height", Schema.integer().orNull)
    ).named("JobResult")

    static let jobError = Schema.object(
        .required("code", .string()), .required("detail", .string()), .required("retryable", .boolean)
    ).named("JobError")

    static let job = Schema.object(
        .required("job_id", .id(ContentJobKind.self)),
        .required("type", .one(of: Modality.self)),
        .required("status", .one(of: ContentJob.Status.self)),
        .required("phase", .one(of: ContentJob.Phase.self), "Where it is, or where it ended."),
        .required("progress", .integer(0...100)),
        .required("tenant_id", .tenantID),
        .required("model", .string(), "As asked."),
        .required("served_by", Schema.string().orNull, "As used."),
        .required("engine", Schema.string().orNull),
        .optional("duration_seconds", .integer()),
        .optional("estimated_time_seconds", .integer()),
        .optional("message", .string()),
        .optional("result", .jobResult, "When it is completed."),
        .optional("error", .jobError, "When it failed."),
        .optional("waiting_because", .string(), "While it waits."),
        .required("attempts", .array(EngineAttempt.schema)),
        .required("cost", .credits),
        .required("created_at", .moment),
        .required("updated_at", .moment),
        .required("completed_at", Schema.moment.orNull)
    ).named("Job")
}

extension TextRecord {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("content", content)
        writer.member("model", model)
        writer.member("served_by", servedBy)
        writer.member("engine", engine)
        writer.member("tenant_id", tenant.name)
        writer.member("usage") { writer in
            writer.member("prompt_tokens", usage.prompt)
            writer.member("completion_tokens", usage.completion)
            writer.member("total_tokens", usage.total)
        }
        writer.member("finish_reason", finishReason)
        writer.member("cost", orNull: cost)
        writer.member("created_at", createdAt)
        writer.member("attempts", each: attempts) { $0.value($1) }
    }
}

extension ImageRecord {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("asset_id", asset.id.text)
        writer.member("url", url)
        writer.member("storage_path", asset.storagePath)
        writer.member("revised_prompt", orNull: revisedPrompt)
        writer.member("model", model)
        writer.member("served_by", servedBy)
        writer.member("engine", engine)
        writer.member("resolution", resolution)
        writer.member("tenant_id", asset.tenant.name)
        writer.member("cost", orNull: cost)
        writer.member("created_at", createdAt)
        writer.member("attempts", each: attempts) { $0.value($1) }
    }
}

/// A job, and a fresh link to its file.
struct LinkedJob: Sendable {
    var job: ContentJob
    var url: String?

    init(_ job: ContentJob, _ content: ContentService) async throws {
        self.job = job
        if let asset = job.asset { url = try await content.link(to: asset) }
    }

    func write(_ writer: inout JSONWriter) {
        writer.member("job_id", job.id.text)
        writer.member("type", job.type.rawValue)
        writer.member("status", job.status.rawValue)
        writer.member("phase", job.phase.rawValue)
        writer.member("progress", job.progress)
        writer.member("tenant_id", job.tenant.name)
        writer.member("model", job.model)
        writer.member("served_by", orNull: job.servedBy)
        writer.member("engine", orNull: job.engine)
        if let seconds = job.durationSeconds { writer.member("duration_seconds", seconds) }
        if let seconds = job.estimatedSeconds { writer.member("estimated_time_seconds", seconds) }
        if let message = job.message { writer.member("message", message) }
        writeResult(&writer)
        if let reason = job.waitingBecause, !job.status.isFinal { writer.member("waiting_because", reason) }
        writer.member("attempts", each: job.attempts) { $0.value($1) }
        writer.member("cost", orNull: job.cost)
        writer.member("created_at", job.createdAt)
        writer.member("updated_at", job.updatedAt)
        writer.member("completed_at", orNull: job.completedAt)
    }

    /// `result`, `error`, or neither.
    func writeResult(_ writer: inout JSONWriter) {
        if let asset = job.asset, let url {
            writer.member("result") { writer in
                writer.member("url", url)
                writer.member("duration", orNull: asset.durationSeconds)
                writer.member("model", job.model)
                writer.member("storage_path", asset.storagePath)
                writer.member("asset_id", asset.id.text)
                writer.member("content_type", asset.contentType)
                writer.member("size", asset.size)
                writer.member("sha256", asset.sha256)
                writer.member("width", orNull: asset.width)
                writer.member("height", orNull: asset.height)
            }
        }
        if let failure = job.failure { writer.member("error") { failure.write(&$0) } }
    }
}

extension ContentJob.Failure {
    func write(_ writer: inout JSONWriter) {
        writer.member("code", code)
        writer.member("detail", detail)
        writer.member("retryable", isRetryable)
    }
}

extension APIAnswer {
    /// One page, in the gateway's wrapper or bare.
    static func page<Item>(
        _ page: Page<Item>, isWrapped: Bool = false, _ item: (inout JSONWriter, Item) -> Void
    ) -> APIAnswer {
        object { writer in
            if isWrapped { writer.member("success", true) }
            writer.member("data", each: page.items) { writer, element in writer.object { item(&$0, element) } }
            writer.member("next_cursor", orNull: page.next.map(PageCursor.encode))
        }
    }
}
