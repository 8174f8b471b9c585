import Auth
import HTTPTypes
import HummingbirdCore
import Vocabulary

/// A tenant's API keys, for its administrators.
enum APIKeyRoutes {
    static let tag = "API keys"

    static let routes = [list, create, revoke]

    static let keyMembers: [Schema.Member] = [
        .required("id", .id(APIKeyIDKind.self)),
        .required("name", .string()),
        .required("test", .boolean, "A test key gets the sandbox only, and costs nothing."),
        .required("roles", .array(.one(of: Role.self))),
        .required("created_at", .moment),
        .required("expires_at", Schema.moment.orNull),
        .required("revoked_at", Schema.moment.orNull),
        .required("last_used_at", Schema.moment.orNull),
    ]
    static let keySchema = Schema.object(members: keyMembers).named("APIKey")

    static let list = Route(
        RouteDescription(
            .get, "/v1/api-keys", "listAPIKeys", "The tenant's keys, without their text", tag: tag, face: .gateway,
            access: .role(.admin), parameters: [JobRoutes.limit, JobRoutes.cursor],
            answers: [.json(200, "One page.", .list(keySchema))])
    ) { call in
        .page(try await call.services.keys.list(try call.tenant(), try call.page())) { $1.write(&$0) }
    }

    static let create = Route(
        RouteDescription(
            .post, "/v1/api-keys", "createAPIKey", "Makes a key", tag: tag, face: .gateway, access: .role(.admin),
            parameters: [ContentRoutes.idempotencyKey],
            body: Schema.object(
                .required("name", .string(1...100)),
                .optional("test", Schema.boolean.fallback(false)),
                .optional(
                    "roles", .array(.one(of: [Role.member.rawValue, Role.admin.rawValue]), 1...2),
                    "`member` alone when absent."),
                .optional("expires_at", .moment, "Never when absent."),
                Schema.bodyTenant
            ).named("NewAPIKey"),
            answers: [
                .json(
                    201, "The key.",
                    Schema.object(
                        members: keyMembers + [.required("key", .string(), "Shown once: `atl_live_…` or `atl_test_…`.")]
                    ).named("CreatedAPIKey"))
            ], problems: [409], repeatability: .brief)
    ) { call in
        guard call.body.flag("test") == true || call.principal?.isTest == false else {
            throw Problem(.forbidden, "A test key can't make a live one.")
        }
        let roles = Set(call.body.choices("roles", Role.self) ?? [.member])
        let (key, secret) = try await call.services.keys.create(
            try call.tenant(), name: try call.body.required("name"),
            kind: call.body.flag("test") == true ? .test : .live,
            roles: roles, expiresAt: call.body.moment("expires_at"), suffix: call.creationSuffix)
        return .object(.created) { writer in
            key.write(&writer)
            writer.member("key", secret.reveal())
        }
    }

    static let revoke = Route(
        RouteDescription(
            .delete, "/v1/api-keys/{key_id}", "revokeAPIKey", "Refuses a key from now on", tag: tag, face: .gateway,
            access: .role(.admin), parameters: [.path("key_id", .id(APIKeyIDKind.self))],
            answers: [.empty(204, "It is revoked.")])
    ) { call in
        try await call.services.keys.revoke(try call.tenant(), try call.id("key_id"))
        return APIAnswer(.noContent)
    }
}

extension APIKey {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.text)
        writer.member("name", name)
        writer.member("test", kind == .test)
        writer.member("roles", each: roles.map(\.rawValue).sorted()) { $0.value($1) }
        writer.member("created_at", createdAt)
        writer.member("expires_at", orNull: expiresAt)
        writer.member("revoked_at", orNull: revokedAt)
        writer.member("last_used_at", orNull: lastUsedAt)
    }
}
