import Auth
import HTTPTypes
import HummingbirdCore
import Tenants
import Vocabulary

/// The tenants, for those who run the installation, and a tenant's own view of itself.
enum TenantRoutes {
    static let tag = "Tenants"

    static let routes = [list, create, current]

    static let schema = Schema.object(
        .required("id", .tenantID), .required("created_at", .moment), .required("suspended_at", Schema.moment.orNull)
    ).named("Tenant")

    static let list = Route(
        RouteDescription(
            .get, "/v1/tenants", "listTenants", "All tenants, by name", tag: tag, face: .gateway,
            access: .role(.platformAdmin), parameters: [JobRoutes.limit, JobRoutes.cursor],
            answers: [.json(200, "One page.", .list(schema))])
    ) { call in
        .page(try await call.services.tenants.list(try call.page())) { $1.write(&$0) }
    }

    static let create = Route(
        RouteDescription(
            .post, "/v1/tenants", "createTenant", "Makes a tenant", tag: tag, face: .gateway,
            access: .role(.platformAdmin), parameters: [ContentRoutes.idempotencyKey],
            // The name is the tenant's only mark: whether an earlier try made it can't be known.
            body: Schema.object(.required("name", .tenantID), Schema.bodyTenant).named("NewTenant"),
            answers: [
                .json(201, "The tenant. 409 when it is there, also from a try that had no answer.", schema)
            ], problems: [409], repeatability: .brief)
    ) { call in
        guard let name = TenantID(try call.body.required("name")) else { throw call.bad("/name", "is not valid") }
        let tenant = try await call.services.tenants.create(name)
        return .object(.created) { tenant.write(&$0) }
    }

    static let current = Route(
        RouteDescription(
            .get, "/v1/tenants/current", "currentTenant", "The credential's tenant, and what the credential may do",
            tag: tag, face: .common,
            answers: [
                .json(
                    200, "The tenant.",
                    Schema.object(
                        .required("id", .tenantID), .required("subject", .string()),
                        .required("email", Schema.string().orNull),
                        .required("roles", .array(.one(of: Role.self))), .required("test", .boolean)
                    ).named("CurrentTenant"))
            ])
    ) { call in
        guard let principal = call.principal else { throw AuthError.missing }
        return .object { writer in
            writer.member("id", principal.tenant.name)
            writer.member("subject", principal.subject)
            writer.member("email", orNull: principal.email)
            writer.member("roles", each: principal.roles.map(\.rawValue).sorted()) { $0.value($1) }
            writer.member("test", principal.isTest)
        }
    }
}

extension Tenant {
    func write(_ writer: inout JSONWriter) {
        writer.member("id", id.name)
        writer.member("created_at", createdAt)
        writer.member("suspended_at", orNull: suspendedAt)
    }
}
