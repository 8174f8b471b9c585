import Content
import Engines
import HTTPTypes
import Vocabulary

/// The service's face: bare answers, as the replaced generation service gave them.
enum GenerationRoutes {
    static let tag = "Generation"

    static let routes = [text, improve, image, video, job]

    private static let textAnswer = Schema.object(
        .required("content", .string()), .required("model", .string()), .required("served_by", .string()),
        .required("tokens_used", .integer()), .required("timestamp", .moment)
    ).named("GeneratedText")

    private static let imageAnswer = Schema.object(
        .required("url", .string(.uri)), .required("model", .string()), .required("served_by", .string()),
        .required("resolution", .size), .required("timestamp", .moment)
    ).named("GeneratedImage")

    private static let videoAnswer = Schema.object(
        .required("job_id", .id(ContentJobKind.self)), .required("status", .one(of: ContentJob.Status.self)),
        .required("model", .string()), .required("duration_seconds", Schema.integer().orNull),
        .required(
            "message", Schema.string().orNull, "Set when the duration was moved to the nearest that the model has."),
        .required("timestamp", .moment)
    ).named("GeneratedVideo")

    private static let jobAnswer = Schema.object(
        .required("job_id", .id(ContentJobKind.self)), .required("status", .one(of: ContentJob.Status.self)),
        .required("progress", .integer(0...100)), .required("result", Schema.jobResult.orNull),
        .required("error", Schema.jobError.orNull), .required("timestamp", .moment)
    ).named("GenerationJob")

    private static func making(
        _ path: String, _ name: String, _ summary: String, body: Schema, answer: RouteDescription.Answer,
        repeatability: RouteDescription.Repeatability
    ) -> RouteDescription {
        RouteDescription(
            .post, path, name, summary, tag: tag, face: .generation,
            parameters: [ContentRoutes.idempotencyKey, ContentRoutes.sandboxFault], body: body, answers: [answer],
            problems: ContentRoutes.engineProblems, repeatability: repeatability)
    }

    private static func answer(_ record: TextRecord) -> APIAnswer {
        .object { writer in
            writer.member("content", record.content)
            writer.member("model", record.model)
            writer.member("served_by", record.servedBy)
            writer.member("tokens_used", record.usage.total)
            writer.member("timestamp", record.createdAt)
        }
    }

    static let text = Route(
        making(
            "/v1/generate/text", "serviceText", "Makes a text", body: .serviceTextBody,
            answer: .json(200, "The text.", textAnswer), repeatability: .text)
    ) { call in
        answer(try await call.services.content.generateText(try call.caller(), try call.body.textGeneration()))
    }

    static let improve = Route(
        making(
            "/v1/improve-prompt", "serviceImprovePrompt", "Rewrites a prompt", body: .improveBody,
            answer: .json(200, "The better prompt, as `content`.", textAnswer), repeatability: .text)
    ) { call in
        answer(
            try await call.services.content.improvePrompt(
                try call.caller(), prompt: try call.body.required("prompt"),
                contentType: call.body.choice("content_type") ?? .text, model: call.body.text("model")))
    }

    static let image = Route(
        making(
            "/v1/generate/image", "serviceImage", "Makes an image", body: .serviceImageBody,
            answer: .json(200, "The image.", imageAnswer), repeatability: .image)
    ) { call in
        let record = try await call.services.content.generateImage(try call.caller(), try call.body.imageGeneration())
        return .object { writer in
            writer.member("url", record.url)
            writer.member("model", record.model)
            writer.member("served_by", record.servedBy)
            writer.member("resolution", record.resolution)
            writer.member("timestamp", record.createdAt)
        }
    }

    static let video = Route(
        making(
            "/v1/generate/video", "serviceVideo",
            "Accepts a film as a job; a duration that the model doesn't have is moved to the nearest", body: .videoBody,
            answer: .json(202, "The job, on disk.", videoAnswer), repeatability: .brief)
    ) { call in
        let job = try await call.services.content.queueVideo(
            try call.caller(), try call.body.videoGeneration(.nearest))
        return APIAnswer.object(.accepted) { writer in
            writer.member("job_id", job.id.text)
            writer.member("status", job.status.rawValue)
            writer.member("model", job.model)
            writer.member("duration_seconds", orNull: job.durationSeconds)
            writer.member("message", orNull: job.message)
            writer.member("timestamp", job.createdAt)
        }.with(.location, "/v1/jobs/\(job.id)")
    }

    static let job = Route(
        RouteDescription(
            .get, "/v1/jobs/{job_id}", "serviceJob", "A job", tag: tag, face: .generation,
            parameters: [JobRoutes.jobID],
            answers: [.json(200, "The job.", jobAnswer)])
    ) { call in
        let job = try await call.services.content.job(try call.tenant(), try call.id("job_id"))
        let linked = try await LinkedJob(job, call.services.content)
        return .object { writer in
            writer.member("job_id", job.id.text)
            writer.member("status", job.status.rawValue)
            writer.member("progress", job.progress)
            linked.writeResult(&writer)
            if job.asset == nil { writer.null("result") }
            if job.failure == nil { writer.null("error") }
            writer.member("timestamp", job.updatedAt)
        }
    }
}
