import Auth
import HTTPTypes
import Vocabulary
import Webhooks

/// A tenant's webhook endpoints, and what was sent to them.
enum WebhookRoutes {
    static let tag = "Webhooks"
    static let endpointID = RouteDescription.Parameter.path("endpoint_id", .id(WebhookEndpointKind.self))
    static let deliveryID = RouteDescription.Parameter.path("delivery_id", .id(WebhookDeliveryKind.self))

    static let routes = [
        list, create, show, update, delete, rotate, test, secret, rotateSecret, deliveries, delivery, redeliver,
    ]

    static let endpointMembers: [Schema.Member] = [
        .required("id", .id(WebhookEndpointKind.self)),
        .required("url", .string()),
        .required("events", .array(.string()), "Empty for all but `job.progress`."),
        .required("description", Schema.string().orNull),
        .required("enabled", .boolean),
        .required("disabled_because", Schema.string().orNull),
        .required("created_at", .moment),
        .required("updated_at", .moment),
    ]
    static let endpointSchema = Schema.object(members: endpointMembers).named("WebhookEndpoint")
    static let createdSchema = Schema.object(
        members: endpointMembers + [.required("secret", .string(), "Shown once: `whsec_…`.")]
    ).named("CreatedWebhookEndpoint")
    static let secretSchema = Schema.object(.required("secret", .string(), "`whsec_…`.")).named("WebhookSecret")

    static let deliverySchema = Schema.object(
        .required("id", .id(WebhookDeliveryKind.self), "Also the `webhook-id`, the same on every try."),
        .required("endpoint_id", Schema.id(WebhookEndpointKind.self).orNull, "Null for a request's own `webhook_url`."),
        .required("url", .string()),
        .required("event", .string()),
        .required("status", .one(of: WebhookDelivery.Status.self)),
        .required(
            "attempts",
            .array(
                .object(
                    .required("at", .moment), .required("status", Schema.integer().orNull),
                    .required("error", Schema.string().orNull), .required("milliseconds", .integer())))),
        .required("next_attempt_at", Schema.moment.orNull),
        .required("created_at", .moment),
        .required("completed_at", Schema.moment.orNull)
    ).named("WebhookDelivery")

    private static let events = Schema.array(
        .one(of: WebhookEventType.allCases.filter { $0 != .endpointTest }.map(\.rawValue)), 0...32)

    private static func managing(
        _ method: HTTPRequest.Method, _ path: String, _ name: String, _ summary: String,
        parameters: [RouteDescription.Parameter] = [], body: Schema? = nil, answer: RouteDescription.Answer,
        problems: [Int] = [], repeatability: RouteDescription.Repeatability = .none
    ) -> RouteDescription {
        RouteDescription(
            method, path, name, summary, tag: tag, face: .gateway,
            parameters: repeatability == .none ? parameters : parameters + [ContentRoutes.idempotencyKey], body: body,
            answers: [answer], problems: problems, repeatability: repeatability)
    }

    // MARK: Endpoints

    static let list = Route(
        managing(
            .get, "/v1/webhooks/endpoints", "listWebhookEndpoints", "The tenant's endpoints, newest first",
            parameters: [JobRoutes.limit, JobRoutes.cursor], answer: .json(200, "One page.", .list(endpointSchema)))
    ) { call in
        .page(try await call.services.webhooks.endpoints(try call.tenant(), try call.page())) { $1.write(&$0) }
    }

    static let create = Route(
        managing(
            .post, "/v1/webhooks/endpoints", "createWebhookEndpoint", "Adds an endpoint",
            body: Schema.object(
                .required("url", .webAddress),
                .optional("events", events, "Empty or absent for all but `job.progress`."),
                .optional("description", .string(0...500)), Schema.bodyTenant
            ).named("NewWebhookEndpoint"),
            answer: .json(201, "The endpoint and its secret.", createdSchema), problems: [409], repeatability: .brief)
    ) { call in
        let (endpoint, secret) = try await call.services.webhooks.createEndpoint(
            try call.tenant(), url: try call.body.required("url"), events: call.body.choices("events") ?? [],
            description: call.body.text("description"), suffix: call.creationSuffix)
        return APIAnswer.object(.created) { writer in
            endpoint.write(&writer)
            writer.member("secret", secret.reveal())
        }.with(.location, "/v1/webhooks/endpoints/\(endpoint.id)")
    }

    static let show = Route(
        managing(
            .get, "/v1/webhooks/endpoints/{endpoint_id}", "getWebhookEndpoint", "An endpoint", parameters: [endpointID],
            answer: .json(200, "The endpoint.", endpointSchema))
    ) { call in
        let endpoint = try await call.services.webhooks.endpoint(try call.tenant(), try call.id("endpoint_id"))
        return .object { endpoint.write(&$0) }
    }

    static let update = Route(
        managing(
            .patch, "/v1/webhooks/endpoints/{endpoint_id}", "updateWebhookEndpoint", "Changes what is given",
            parameters: [endpointID],
            body: Schema.object(
                .optional("url", .webAddress), .optional("events", events), .optional("description", .string(0...500)),
                .optional("enabled", .boolean), Schema.bodyTenant
            ).named("WebhookEndpointChange"), answer: .json(200, "The endpoint.", endpointSchema))
    ) { call in
        let endpoint = try await call.services.webhooks.updateEndpoint(
            try call.tenant(), try call.id("endpoint_id"), url: call.body.text("url"),
            events: call.body.choices("events"),
            description: call.body.text("description"), isEnabled: call.body.flag("enabled"))
        return .object { endpoint.write(&$0) }
    }

    static let delete = Route(
        managing(
            .delete, "/v1/webhooks/endpoints/{endpoint_id}", "deleteWebhookEndpoint", "Removes an endpoint",
            parameters: [endpointID], answer: .empty(204, "It is gone."))
    ) { call in
        try await call.services.webhooks.deleteEndpoint(try call.tenant(), try call.id("endpoint_id"))
        return APIAnswer(.noContent)
    }

    static let rotate = Route(
        managing(
            .post, "/v1/webhooks/endpoints/{endpoint_id}/rotate", "rotateWebhookEndpoint",
            "Makes a new secret; for a day the old one signs too", parameters: [endpointID],
            answer: .json(200, "The new secret, shown once.", secretSchema))
    ) { call in
        let secret = try await call.services.webhooks.rotate(try call.tenant(), try call.id("endpoint_id"))
        return .object { $0.member("secret", secret.reveal()) }
    }

    static let test = Route(
        managing(
            .post, "/v1/webhooks/endpoints/{endpoint_id}/test", "testWebhookEndpoint", "Sends `endpoint.test`",
            parameters: [endpointID], answer: .json(202, "The delivery.", deliverySchema), problems: [409])
    ) { call in
        let delivery = try await call.services.webhooks.sendTest(try call.tenant(), try call.id("endpoint_id"))
        return .object(.accepted) { delivery.write(&$0) }
    }

    // MARK: The tenant's own secret

    private static func administering(
        _ method: HTTPRequest.Method, _ path: String, _ name: String, _ summary: String,
        _ answer: RouteDescription.Answer
    ) -> RouteDescription {
        var description = managing(method, path, name, summary, answer: answer)
        description.access = .role(.admin)
        return description
    }

    static let secret = Route(
        administering(
            .get, "/v1/webhooks/signing-secret", "getSigningSecret",
            "What messages to a request's own `webhook_url` are signed with", .json(200, "The secret.", secretSchema))
    ) { call in
        let secret = try await call.services.webhooks.signingSecret(try call.tenant())
        return .object { $0.member("secret", secret.reveal()) }
    }

    static let rotateSecret = Route(
        administering(
            .post, "/v1/webhooks/signing-secret/rotate", "rotateSigningSecret",
            "Makes a new one; for a day the old one signs too", .json(200, "The new secret.", secretSchema))
    ) { call in
        let secret = try await call.services.webhooks.rotateSigningSecret(try call.tenant())
        return .object { $0.member("secret", secret.reveal()) }
    }

    // MARK: Deliveries

    static let deliveries = Route(
        managing(
            .get, "/v1/webhooks/deliveries", "listWebhookDeliveries", "What was sent, newest first",
            parameters: [
                JobRoutes.limit, JobRoutes.cursor, .query("endpoint_id", .id(WebhookEndpointKind.self), "Only those."),
                .query("status", .one(of: WebhookDelivery.Status.self), "Only those."),
            ], answer: .json(200, "One page.", .list(deliverySchema)))
    ) { call in
        let named = call.query("endpoint_id")
        let endpoint = named.flatMap { WebhookEndpointID($0) }
        if named != nil, endpoint == nil { throw call.bad("endpoint_id", "must be the id of an endpoint") }
        let page = try await call.services.webhooks.deliveries(
            try call.tenant(), endpoint: endpoint, status: try call.query("status", WebhookDelivery.Status.self),
            try call.page())
        return .page(page) { $1.write(&$0) }
    }

    static let delivery = Route(
        managing(
            .get, "/v1/webhooks/deliveries/{delivery_id}", "getWebhookDelivery", "A delivery", parameters: [deliveryID],
            answer: .json(200, "The delivery.", deliverySchema))
    ) { call in
        let delivery = try await call.services.webhooks.delivery(try call.tenant(), try call.id("delivery_id"))
        return .object { delivery.write(&$0) }
    }

    static let redeliver = Route(
        managing(
            .post, "/v1/webhooks/deliveries/{delivery_id}/redeliver", "redeliverWebhook",
            "Sends it again at once, with the same id", parameters: [deliveryID],
            answer: .json(202, "The delivery.", deliverySchema))
    ) { call in
        let delivery = try await call.services.webhooks.redeliver(try call.tenant(), try call.id("delivery_id"))
        return .object(.accepted) { delivery.write(&$0) }
    }
}

extension WebhookEndpoint {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("url", url)
        writer.member("events", each: events) { $0.value($1.rawValue) }
        writer.member("description", orNull: description)
        writer.member("enabled", isEnabled)
        writer.member("disabled_because", orNull: disabledBecause)
        writer.member("created_at", createdAt)
        writer.member("updated_at", updatedAt)
    }
}

extension WebhookDelivery {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("endpoint_id", orNull: endpoint?.text)
        writer.member("url", url)
        writer.member("event", event)
        writer.member("status", status.rawValue)
        writer.member("attempts", each: attempts) { writer, attempt in
            writer.object { writer in
                writer.member("at", attempt.at)
                writer.member("status", orNull: attempt.status)
                writer.member("error", orNull: attempt.error)
                writer.member("milliseconds", attempt.milliseconds)
            }
        }
        writer.member("next_attempt_at", orNull: nextAttemptAt)
        writer.member("created_at", createdAt)
        writer.member("completed_at", orNull: completedAt)
    }
}
