import Auth
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Vocabulary

/// What of a request's body is still to come when it is answered.
enum RequestRest: Sendable {
    case none
    /// All of it.
    case unread
    /// What follows the part that was read, which nothing can read any more.
    case abandoned
}

/// One request and its answer: makes the response that goes out, and writes the access log and the metrics.
struct Exchange: Sendable {
    let state: APIState
    let request: Request
    let context: APIContext
    let requestID: String
    /// The route's pattern.
    let route: String
    let metrics: RouteMetrics
    private let started = ContinuousClock.now

    init(
        state: APIState, request: Request, context: APIContext, requestID: String, route: String, metrics: RouteMetrics
    ) {
        self.state = state
        self.request = request
        self.context = context
        self.requestID = requestID
        self.route = route
        self.metrics = metrics
    }

    /// What must not wait until the body is written is logged now, an event stream when it has ended.
    /// - Parameters:
    ///   - place: kept while the body is written.
    ///   - followUp: told of the record among the events, or nil when the stream ended without.
    func response(
        _ answer: APIAnswer, call: APICall?, place: InFlightGate.Place? = nil, rest: RequestRest = .none,
        followUp: (@Sendable (ByteBuffer?) async -> Void)? = nil
    ) -> Response {
        let headers = headers(of: answer, call: call)
        let isHead = request.method == .head
        switch answer.body {
        case .none:
            log(answer.status, call, bytes: 0)
            return Response(status: answer.status, headers: headers)
        case .bytes(let bytes):
            log(answer.status, call, bytes: bytes.readableBytes)
            let body = rest == .none ? ResponseBody(byteBuffer: bytes) : closingBody(bytes, rest)
            let response = Response(status: answer.status, headers: headers, body: body)
            return isHead ? response.createHeadResponse() : response
        case .stream(let stream, let length):
            log(answer.status, call, bytes: Int(length))
            let response = Response(status: answer.status, headers: headers, body: streamBody(stream, length, place))
            return isHead ? response.createHeadResponse() : response
        case .events(let source):
            if isHead { return Response(status: answer.status, headers: headers).createHeadResponse() }
            return Response(status: answer.status, headers: headers, body: eventBody(source, call, place, followUp))
        }
    }

    private func headers(of answer: APIAnswer, call: APICall?) -> HTTPFields {
        var headers = answer.headers
        headers[.requestID] = requestID
        headers[.xContentTypeOptions] = "nosniff"
        headers[.referrerPolicy] = "no-referrer"
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        if let rate = call?.rate {
            let seconds = Int(rate.wait.fractionalSeconds.rounded(.up))
            headers[.rateLimitPolicy] = "\"tenant\";q=\(rate.limit);w=60"
            headers[.rateLimit] = "\"tenant\";r=\(rate.remaining);t=\(seconds)"
        }
        if case .events = answer.body {
            headers[.cacheControl] = "no-cache, no-store"
            headers[.accelBuffering] = "no"
            headers[.connection] = "close"
        }
        state.origins.add(to: &headers, origin: request.headers[.origin])
        return headers
    }

    private func log(_ status: HTTPResponse.Status, _ call: APICall?, bytes: Int) {
        let took = ContinuousClock.now - started
        metrics.record(status: status.code, took: took)
        state.services.logger.info(
            "request",
            metadata: [
                "request_id": "\(requestID)", "method": "\(request.method.rawValue)", "route": "\(route)",
                "status": "\(status.code)", "milliseconds": "\(Double(took.wholeMicroseconds) / 1_000)",
                "bytes": "\(bytes)", "tenant": "\(call?.principal?.tenant.name ?? "-")",
                "remote": "\(context.remoteAddress)",
            ])
    }

    /// A 500 says nothing to the client, so the log has to.
    func report(_ problem: Problem, call: APICall?) {
        guard problem.status >= 500 else { return }
        state.services.logger.log(
            level: problem.status == 500 ? .error : .notice, "request failed",
            metadata: [
                "request_id": "\(requestID)", "route": "\(route)", "code": "\(problem.code)",
                "detail": "\(problem.detail)", "cause": "\(problem.cause ?? "-")",
                "tenant": "\(call?.principal?.tenant.name ?? "-")",
            ])
    }
}

// MARK: Bodies that are written piece by piece

extension Exchange {
    /// How long the rest of a refused body is read, so that the client gets to see the answer, before the connection is
    /// closed.
    private static let linger = Duration.seconds(2)

    private struct BodyLeftUnread: Error {}

    /// Answers, reads on for a moment where it can, and closes the connection when there is still more.
    private func closingBody(_ bytes: ByteBuffer, _ rest: RequestRest) -> ResponseBody {
        let (request, most) = (request, 2 * state.limits.maximumBody)
        return ResponseBody(contentLength: bytes.readableBytes) { writer in
            try await writer.write(bytes)
            try await writer.finish(nil)
            let isDone = try await Deadline.within(Self.linger) {
                if rest == .abandoned {
                    try await Task.sleep(for: Self.linger / 4)
                    return false
                }
                var read = 0
                for try await piece in request.body {
                    read += piece.readableBytes
                    if read > most { return false }
                }
                return true
            }
            if isDone != true { throw BodyLeftUnread() }
        }
    }

    private func streamBody(
        _ stream: AsyncThrowingStream<ByteBuffer, any Error>, _ length: Int64, _ place: InFlightGate.Place?
    ) -> ResponseBody {
        ResponseBody(contentLength: Int(length)) { writer in
            for try await piece in stream { try await writer.write(piece) }
            try await writer.finish(nil)
            withExtendedLifetime(place) {}
        }
    }

    private func eventBody(
        _ source: EventSource, _ call: APICall?, _ place: InFlightGate.Place?,
        _ followUp: (@Sendable (ByteBuffer?) async -> Void)?
    ) -> ResponseBody {
        // The request's own body has been read, or isn't wanted. An empty one in its place lets the connection be
        // watched: a read one would never come to its end.
        var request = request
        request.body = RequestBody(buffer: ByteBuffer())
        let watched = request.body
        return ResponseBody { writer in
            var record: ByteBuffer?
            var outcome: Result<Void, any Error> = .success(())
            let eventWriter = EventStreamWriter(heartbeat: state.limits.heartbeat)
            do {
                try await watched.consumeWithCancellationOnInboundClose { _ in
                    try await eventWriter.write(source, to: &writer, failure: { failureEvent($0, call) }) { event in
                        if let kept = event.record { record = kept }
                    }
                }
            } catch {
                outcome = .failure(error)
            }
            await followUp?(record)
            log(.ok, call, bytes: 0)
            withExtendedLifetime(place) {}
            try outcome.get()
            try await writer.finish(nil)
        }
    }

    private func failureEvent(_ error: any Error, _ call: APICall?) -> ServerSentEvent {
        let problem = Problem(mapping: error)
        report(problem, call: call)
        return ServerSentEvent(name: "error", data: problem.body(requestID: requestID))
    }
}
