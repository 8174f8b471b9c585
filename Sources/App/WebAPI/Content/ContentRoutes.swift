import Content
import Engines
import HTTPTypes
import HummingbirdCore
import NIOCore
import Vocabulary
import Webhooks

/// Making content, on the gateway's face.
enum ContentRoutes {
    static let tag = "Content"

    static let sandboxFault = RouteDescription.Parameter.header(
        "X-Sandbox-Fault", .string(), "A fault for the sandbox to play; other engines don't read it.")
    static let idempotencyKey = RouteDescription.Parameter.header(
        "Idempotency-Key", .string(1...WebAPILimits.idempotencyKeyLength),
        "A repeat with the same key and body gets the first answer again.")
    /// What an engine can end with.
    static let engineProblems = [400, 402, 404, 409, 410, 413, 422, 429, 502, 503, 504]

    static let routes = [text, improve, image, video, videoComplete, health]

    private static func making(
        _ path: String, _ name: String, _ summary: String, body: Schema, answers: [RouteDescription.Answer],
        repeatability: RouteDescription.Repeatability
    ) -> RouteDescription {
        RouteDescription(
            .post, path, name, summary, tag: tag, face: .gateway, parameters: [idempotencyKey, sandboxFault],
            body: body,
            answers: answers, problems: engineProblems, repeatability: repeatability)
    }

    static let text = Route(
        making(
            "/v1/content/generate/text", "generateText", "Makes a text", body: .textBody,
            answers: [.json(200, "The text.", .wrapped(.textRecord)).or("text/event-stream")], repeatability: .text)
    ) { call in
        let generation = try call.body.textGeneration()
        if call.body.flag("stream") == true { return try await stream(generation, call) }
        let record = try await call.services.content.generateText(try call.caller(), generation)
        return .data { record.write(&$0) }
    }

    private static func stream(_ generation: TextGeneration, _ call: APICall) async throws -> APIAnswer {
        let events = try await call.services.content.streamText(try call.caller(), generation)
        return .events(
            EventSource(events) { event in
                switch event {
                case .delta(let text):
                    ServerSentEvent(name: "delta", data: JSONWriter.object { $0.member("content", text) })
                case .done(let record):
                    ServerSentEvent(
                        name: "done", data: JSONWriter.object { record.write(&$0) },
                        record: JSONWriter.object { writer in
                            writer.member("success", true)
                            writer.member("data") { record.write(&$0) }
                        })
                }
            })
    }

    static let improve = Route(
        making(
            "/v1/content/improve-prompt", "improvePrompt",
            "Rewrites a prompt so that a model makes what its author means",
            body: .improveBody, answers: [.json(200, "The better prompt, as `content`.", .wrapped(.textRecord))],
            repeatability: .text)
    ) { call in
        let record = try await call.services.content.improvePrompt(
            try call.caller(), prompt: try call.body.required("prompt"),
            contentType: call.body.choice("content_type") ?? .text, model: call.body.text("model"))
        return .data { record.write(&$0) }
    }

    static let image = Route(
        making(
            "/v1/content/generate/image", "generateImage", "Makes an image, and stores it before it answers",
            body: .imageBody,
            answers: [
                .json(200, "The image.", .wrapped(.imageRecord)), .json(202, "With `async`: a job.", .wrapped(.job)),
            ], repeatability: .image)
    ) { call in
        let generation = try call.body.imageGeneration()
        guard call.body.flag("async") == true else {
            let record = try await call.services.content.generateImage(try call.caller(), generation)
            return .data { record.write(&$0) }
        }
        let job = try await call.services.content.queueImage(try call.caller(), generation)
        return try await JobRoutes.answer(job, call, status: .accepted)
            .with(.location, "/v1/content/jobs/\(job.id)")
    }

    static let video = Route(
        making(
            "/v1/content/generate/video", "generateVideo", "Accepts a film as a job", body: .videoBody,
            answers: [.json(202, "The job, on disk.", .wrapped(.queuedVideo))], repeatability: .brief)
    ) { call in
        let generation = try call.body.videoGeneration(.refuse)
        let job = try await call.services.content.queueVideo(try call.caller(), generation)
        return APIAnswer.data(.accepted) { writer in
            writer.member("job_id", job.id.text)
            writer.member("status", job.status.rawValue)
            writer.member("tenant_id", job.tenant.name)
            writer.member("model", job.model)
            writer.member("duration_seconds", orNull: job.durationSeconds)
            writer.member("estimated_time_seconds", orNull: job.estimatedSeconds)
            writer.member("created_at", job.createdAt)
        }.with(.location, "/v1/content/jobs/\(job.id)")
    }

    // MARK: Renderers that call back

    private static let completeBody = Schema.object(
        .required("job_id", .id(ContentJobKind.self)),
        .required("status", .one(of: ["completed", "failed"])),
        .required("tenant_id", .tenantID),
        .optional("result", .any),
        .optional("error", .any)
    ).named("VideoComplete")

    static let videoComplete = Route(
        RouteDescription(
            .post, "/v1/content/webhooks/video-complete", "videoComplete",
            "Takes a renderer's word that a job ended; the job is then looked after at once", tag: tag, face: .gateway,
            access: .signedCallback,
            parameters: [
                .header("webhook-id", .string(1...256), "Standard Webhooks."),
                .header("webhook-timestamp", .string(1...20), "In seconds since 1970."),
                .header("webhook-signature", .string(1...1_024), "`v1,` and the signature, in base64."),
            ], body: completeBody,
            answers: [.json(200, "Taken.", .object(.required("success", .boolean), .required("message", .string())))],
            problems: [404])
    ) { call in
        guard let tenant = call.body.text("tenant_id").flatMap({ TenantID($0) }),
            let job = call.body.text("job_id").flatMap({ ContentJobID($0) })
        else { throw Problem(.notFound, "There is no such job.") }
        let message = try await call.services.content.providerHint(tenant: tenant, job: job)
        return .object { writer in
            writer.member("success", true)
            writer.member("message", message)
        }
    }

    static let health = Route(
        RouteDescription(
            .get, "/v1/content/health", "contentHealth", "Whether content can be made", tag: tag, face: .gateway,
            access: .open,
            answers: [
                .json(200, "It can.", .wrapped(HealthRoutes.contentHealth)),
                .json(503, "It can't.", .wrapped(HealthRoutes.contentHealth)),
            ])
    ) { call in await HealthRoutes.content(call) }
}
