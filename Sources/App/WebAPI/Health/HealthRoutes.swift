import Content
import Database
import Engines
import HTTPTypes
import ObjectStorage
import Vocabulary

/// Whether the process lives, is ready, and can make content.
enum HealthRoutes {
    static let tag = "Health"
    static let service = "atelier"

    static let routes = [health, versionedHealth, live, ready, metrics]

    static let contentHealth = Schema.object(
        .required("status", .one(of: ["healthy", "unhealthy"])), .required("service", .string()),
        .required("version", .string()),
        .required("engines", .map(.boolean), "Whether each engine that serves can be reached."),
        .required("timestamp", .moment)
    ).named("ContentHealth")

    private static let plain = Schema.object(
        .required("status", .one(of: ["healthy"])), .required("service", .string()), .required("version", .string())
    ).named("Health")

    private static let readiness = Schema.object(
        .required("status", .one(of: ["ready", "not_ready"])), .required("checks", .map(.boolean))
    ).named("Readiness")

    private static func open(
        _ path: String, _ name: String, _ summary: String, _ answers: [RouteDescription.Answer]
    ) -> RouteDescription {
        RouteDescription(.get, path, name, summary, tag: tag, face: .common, access: .open, answers: answers)
    }

    private static let status: Route.Handler = { call in
        .object { writer in
            writer.member("status", "healthy")
            writer.member("service", service)
            writer.member("version", call.services.version)
        }
    }

    static let health = Route(
        open("/health", "health", "That the service answers", [.json(200, "It does.", plain)]), status)
    static let versionedHealth = Route(
        open("/v1/health", "versionedHealth", "That the service answers", [.json(200, "It does.", plain)]), status)

    static let live = Route(
        open(
            "/health/live", "live", "Whether the process should go on",
            [.json(200, "It should.", .object(.required("status", .one(of: ["live"]))))])
    ) { _ in .object { $0.member("status", "live") } }

    static let ready = Route(
        open(
            "/health/ready", "ready", "Whether requests should be sent here",
            [.json(200, "They should.", readiness), .json(503, "They shouldn't.", readiness)])
    ) { call in
        let checks = await checks(call)
        let isReady = checks.allSatisfy(\.passed)
        return .object(isReady ? .ok : .serviceUnavailable) { writer in
            writer.member("status", isReady ? "ready" : "not_ready")
            writer.member("checks") { writer in
                for check in checks { writer.member(check.name, check.passed) }
            }
        }
    }

    /// All at once, each within the deadline.
    private static func checks(_ call: APICall) async -> [(name: String, passed: Bool)] {
        let services = call.services
        let limit = call.state.limits.healthDeadline
        async let database = passes(within: limit) {
            try await services.database.ping()
            return true
        }
        async let storage = passes(within: limit) {
            try await services.storage.ping()
            return true
        }
        async let queue = passes(within: limit) { await services.isQueueReady() }
        return await [("database", database), ("storage", storage), ("queue", queue)]
    }

    private static func passes(within limit: Duration, _ check: @escaping @Sendable () async throws -> Bool) async
        -> Bool
    {
        ((try? await Deadline.within(limit, check)) ?? nil) ?? false
    }

    /// Unhealthy when no engine can be reached.
    static func content(_ call: APICall) async -> APIAnswer {
        let engines = await call.services.content.router.health(within: call.state.limits.healthDeadline)
        let isHealthy = engines.contains(where: \.isReachable)
        return .object(isHealthy ? .ok : .serviceUnavailable) { writer in
            writer.member("success", isHealthy)
            writer.member("data") { writer in
                writer.member("status", isHealthy ? "healthy" : "unhealthy")
                writer.member("service", service)
                writer.member("version", call.services.version)
                writer.member("engines") { writer in
                    for engine in engines { writer.member(engine.engine, engine.isReachable) }
                }
                writer.member("timestamp", call.state.now)
            }
        }
    }

    static let metrics = Route(
        open(
            "/metrics", "metrics", "Prometheus's text format",
            [.other(200, "The metrics.", "text/plain; version=0.0.4; charset=utf-8")])
    ) { call in .text(call.services.renderMetrics(), type: "text/plain; version=0.0.4; charset=utf-8") }
}
