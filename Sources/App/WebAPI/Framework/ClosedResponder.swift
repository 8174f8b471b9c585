import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// Answers for a path that exists and a method that it doesn't have: 405, or 204 for `OPTIONS`.
struct ClosedResponder: HTTPResponder {
    let state: APIState
    let path: String
    /// The methods that it has.
    let allow: String
    let metrics: RouteMetrics

    func respond(to request: Request, context: APIContext) async throws -> Response {
        let id = APICall.requestID(request.headers[.requestID], state.services.surroundings)
        let exchange = Exchange(
            state: state, request: request, context: context, requestID: id, route: path, metrics: metrics)
        guard request.method == .options else {
            let problem = Problem(.methodNotAllowed, "This address takes \(allow).").with(.allow, allow)
            return exchange.response(APIAnswer(problem, requestID: id), call: nil)
        }
        var response = exchange.response(APIAnswer(.noContent, headers: [.allow: allow]), call: nil)
        state.origins.addPreflight(to: &response.headers, allow: allow)
        response.headers[.contentLength] = nil
        return response
    }
}

/// Answers for a path that doesn't exist. Added to the router after all routes, so that nothing else passes through it.
struct UnknownPathMiddleware: RouterMiddleware {
    let state: APIState
    let metrics = RouteMetrics(route: "unknown", method: "any")

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let id = APICall.requestID(request.headers[.requestID], state.services.surroundings)
        let exchange = Exchange(
            state: state, request: request, context: context, requestID: id, route: "unknown", metrics: metrics)
        let problem = Problem(.notFound, "There is nothing at this address.")
        return exchange.response(APIAnswer(problem, requestID: id), call: nil)
    }
}
