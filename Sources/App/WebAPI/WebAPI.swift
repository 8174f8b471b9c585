package import Database
import HTTPTypes
package import Hummingbird
package import JobQueue
import NIOCore
package import Sealing
package import Vocabulary

/// The HTTP face: routes by resource, each at most a decoding, a call and an encoding.
package enum WebAPI {
    package static let migrations: [Migration] = IdempotencyStore.migrations

    /// Every route there is, as data.
    package static let routes: [RouteDescription] = all.map(\.description)

    static let all: [Route] =
        ContentRoutes.routes + JobRoutes.routes + AssetRoutes.routes + GenerationRoutes.routes + WebhookRoutes.routes
        + APIKeyRoutes.routes + TenantRoutes.routes + EngineRoutes.routes + FileRoutes.routes + HealthRoutes.routes
        + DocumentRoutes.routes

    /// The router of a process that serves `faces`; what is common to all is always there.
    package static func buildRouter(
        services: WebAPIServices, limits: WebAPILimits,
        faces: Set<RouteDescription.Face> = Set(RouteDescription.Face.allCases)
    ) -> Router<APIContext> {
        let served = all.filter { $0.description.face == .common || faces.contains($0.description.face) }
        let document = OpenAPIDocument(served.map(\.description), version: services.version)
        let state = APIState(services: services, limits: limits, document: document)
        let router = Router(context: APIContext.self)
        for (path, routes) in Dictionary(grouping: served, by: \.description.path) {
            add(routes, at: path, to: router, state: state)
        }
        router.add(middleware: UnknownPathMiddleware(state: state))
        return router
    }

    private static let methods: [HTTPRequest.Method] =
        [.get, .head, .post, .put, .patch, .delete, .options, .trace]
        + ["QUERY"].compactMap { HTTPRequest.Method($0) }

    private static func add(_ routes: [Route], at path: String, to router: Router<APIContext>, state: APIState) {
        var taken: [HTTPRequest.Method] = []
        for route in routes {
            let method = route.description.method
            let metrics = RouteMetrics(route: path, method: method.rawValue)
            let responder = RouteResponder(route: route, state: state, metrics: metrics)
            router.on(RouterPath(path), method: method, responder: responder)
            taken.append(method)
            if method == .get {
                router.on(RouterPath(path), method: .head, responder: responder)
                taken.append(.head)
            }
        }
        let allow = (methods.filter(taken.contains) + [.options]).map(\.rawValue).joined(separator: ", ")
        let metrics = RouteMetrics(route: path, method: "other")
        for method in methods where !taken.contains(method) {
            let closed = ClosedResponder(state: state, path: path, allow: allow, metrics: metrics)
            router.on(RouterPath(path), method: method, responder: closed)
        }
    }

    // MARK: Keeping house

    /// Deletes the answers to idempotency keys that are past their time. Recurring, every few minutes.
    package static let purgeIdempotencyKeys = JobKind("webapi.purge-idempotency-keys")

    /// The handler of `purgeIdempotencyKeys`.
    package static func idempotencyPurge(
        database: any Database, box: SecretBox, surroundings: Surroundings, limits: WebAPILimits
    ) -> JobHandler {
        let store = IdempotencyStore(
            database: database, box: box, surroundings: surroundings, lifetime: limits.idempotencyLifetime)
        return { _ in
            // A bounded share of the worker's time; what is left goes at the next turn.
            for _ in 0..<100 {
                if try await store.purge() == 0 { break }
            }
            return .complete
        }
    }
}
