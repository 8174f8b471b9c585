import Content
import Engines
import HTTPTypes
import HummingbirdCore
import NIOCore
import Vocabulary

/// Jobs, on the gateway's face.
enum JobRoutes {
    static let tag = "Jobs"
    static let jobID = RouteDescription.Parameter.path("job_id", .id(ContentJobKind.self))
    static let limit = RouteDescription.Parameter.query(
        "limit", .integer(1...Int64(PageRequest.maximumLimit)).fallback(.int(Int64(PageRequest.defaultLimit))),
        "How many.")
    static let cursor = RouteDescription.Parameter.query(
        "cursor", .string(1...PageCursor.maximumLength), "`next_cursor` of the page before.")

    static let routes = [list, show, events, cancel, retry, resolve]

    static func answer(
        _ job: ContentJob, _ call: APICall, status: HTTPResponse.Status = .ok
    ) async throws -> APIAnswer {
        let linked = try await LinkedJob(job, call.services.content)
        return .data(status) { linked.write(&$0) }
    }

    static let list = Route(
        RouteDescription(
            .get, "/v1/content/jobs", "listJobs", "The tenant's jobs, newest first", tag: tag, face: .gateway,
            parameters: [
                limit, cursor, .query("status", .one(of: ContentJob.Status.self), "Only those."),
                .query("type", .one(of: Modality.self), "Only those."), .query("model", .string(), "As asked."),
                .query("since", .moment, "Made at that moment or later."), .query("until", .moment, "Made before it."),
            ], answers: [.json(200, "One page.", .wrappedList(.job))])
    ) { call in
        let filter = ContentJobFilter(
            status: try call.query("status", ContentJob.Status.self), type: try call.query("type", Modality.self),
            model: call.query("model"), since: try call.queryMoment("since"), until: try call.queryMoment("until"))
        let page = try await call.services.content.jobs(try call.tenant(), filter, try call.page())
        var linked: [LinkedJob] = []
        for job in page.items { linked.append(try await LinkedJob(job, call.services.content)) }
        return .page(Page(items: linked, next: page.next), isWrapped: true) { $1.write(&$0) }
    }

    static let show = Route(
        RouteDescription(
            .get, "/v1/content/jobs/{job_id}", "getJob", "A job", tag: tag, face: .gateway, parameters: [jobID],
            answers: [.json(200, "The job.", .wrapped(.job))])
    ) { call in
        try await answer(try await call.services.content.job(try call.tenant(), try call.id("job_id")), call)
    }

    static let events = Route(
        RouteDescription(
            .get, "/v1/content/jobs/{job_id}/events", "jobEvents",
            "Each change of a job as a Server-Sent Event, past and to come; ends with the job", tag: tag,
            face: .gateway,
            parameters: [
                jobID, .header("Last-Event-ID", .string(1...20), "Go on after that event."),
            ], answers: [.other(200, "Events named after the job's status.", "text/event-stream")], problems: [400])
    ) { call in
        let last = call.request.headers[.lastEventID]
        guard let sequence = last.map({ Int($0) }) ?? 0, sequence >= 0 else {
            throw call.bad("Last-Event-ID", "must be the id of an event")
        }
        let events = try await call.services.content.events(
            try call.tenant(), try call.id("job_id"), after: sequence)
        return .events(EventSource(events, isResumable: true) { $0.serverSent })
    }

    static let cancel = Route(
        RouteDescription(
            .delete, "/v1/content/jobs/{job_id}", "cancelJob", "Cancels a job, and tells the provider where it can",
            tag: tag, face: .gateway, parameters: [jobID], answers: [.json(202, "The job.", .wrapped(.job))],
            problems: [409])
    ) { call in
        let job = try await call.services.content.cancel(try call.tenant(), try call.id("job_id"))
        return try await answer(job, call, status: .accepted)
    }

    static let retry = Route(
        RouteDescription(
            .post, "/v1/content/jobs/{job_id}/retry", "retryJob", "Begins a failed or canceled job anew", tag: tag,
            face: .gateway, parameters: [jobID], answers: [.json(200, "The job.", .wrapped(.job))], problems: [409])
    ) { call in
        try await answer(try await call.services.content.retry(try call.tenant(), try call.id("job_id")), call)
    }

    static let resolve = Route(
        RouteDescription(
            .post, "/v1/content/jobs/{job_id}/resolve", "resolveJob",
            "A person's decision about a job whose outcome at the provider is unknown", tag: tag, face: .gateway,
            parameters: [jobID],
            body: Schema.object(.required("as", .one(of: Resolution.self)), Schema.bodyTenant).named("ResolveRequest"),
            answers: [.json(200, "The job.", .wrapped(.job))], problems: [409])
    ) { call in
        let job = try await call.services.content.resolve(
            try call.tenant(), try call.id("job_id"), as: call.body.choice("as") ?? .failed)
        return try await answer(job, call)
    }
}

extension ContentJobEvent {
    var serverSent: ServerSentEvent {
        ServerSentEvent(
            id: String(sequence), name: status.rawValue,
            data: JSONWriter.object { writer in
                writer.member("sequence", sequence)
                writer.member("status", status.rawValue)
                writer.member("phase", phase.rawValue)
                writer.member("progress", progress)
                writer.member("at", at)
            })
    }
}
