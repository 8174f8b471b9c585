import Auth
import Crypto
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import NIOHTTP1
import Telemetry
import Tenants
import Vocabulary
import Webhooks

/// Answers the requests of one route, in this order: request id, access log and metrics, problems, size of the body,
/// credential, tenant, role, rate, requests in flight, the body itself, idempotency, and then the handler.
struct RouteResponder: HTTPResponder {
    let route: Route
    let state: APIState
    let metrics: RouteMetrics

    /// Leads out of the checks: the answer to a body that isn't read to its end.
    private struct Admitted {
        var answer: APIAnswer
        var place: InFlightGate.Place?
        var followUp: (@Sendable (ByteBuffer?) async -> Void)?
    }

    private var description: RouteDescription { route.description }

    func respond(to request: Request, context: APIContext) async throws -> Response {
        var call = APICall(state: state, request: request, parameters: context.parameters)
        let exchange = Exchange(
            state: state, request: request, context: context, requestID: call.requestID, route: description.path,
            metrics: metrics)
        do {
            let admitted = try await answer(&call)
            return exchange.response(
                admitted.answer, call: call, place: admitted.place, followUp: admitted.followUp)
        } catch let error as HTTPParserError {
            // The server answers these, and closes the connection.
            throw error
        } catch {
            let refused = error as? RefusedBody
            let problem = refused?.problem ?? Problem(mapping: error)
            exchange.report(problem, call: call)
            return exchange.response(
                APIAnswer(problem, requestID: call.requestID), call: call, rest: refused?.rest ?? .none)
        }
    }

    /// A body that isn't read to its end.
    private struct RefusedBody: Error {
        var problem: Problem
        var rest: RequestRest
    }

    private func answer(_ call: inout APICall) async throws -> Admitted {
        try checkLength(call.request)
        try checkQuery(call.request)
        var place: InFlightGate.Place?
        if description.access.needsCredential {
            try await authenticate(&call)
            place = try admit(&call)
        } else if call.request.method == .post {
            if description.access == .signedCallback { try checkSignatureHeaders(call.request.headers) }
            place = try admit(&call)
        }
        try await readBody(&call)
        guard description.isIdempotent, let key = try idempotencyKey(call) else {
            return Admitted(answer: try await handle(call), place: place)
        }
        var admitted = try await once(key, &call)
        admitted.place = place
        return admitted
    }

    private func handle(_ call: APICall) async throws -> APIAnswer {
        if description.access.needsCredential { try call.checkQuery(description.parameters) }
        let about = LogContext(requestID: call.requestID, tenant: call.principal?.tenant.name)
        return try await LogContext.$current.withValue(about) { try await route.handler(call) }
    }

    // MARK: Who calls

    private func authenticate(_ call: inout APICall) async throws {
        let services = state.services
        let principal = try await services.authenticator.authenticate(call.request.headers[.authorization])
        call.principal = principal
        _ = try await services.tenants.ensure(principal.tenant, open: services.openTenants)
        if case .role(let role) = description.access, !principal.has(role) {
            throw Problem(.forbidden, "The role \(role.rawValue) is needed.")
        }
        try checkTenant(call.query("tenant_id"), call)
    }

    /// A tenant that a request names has to be the credential's.
    private func checkTenant(_ named: String?, _ call: APICall) throws {
        guard let named, let principal = call.principal, named != principal.tenant.name else { return }
        throw Problem(.tenantMismatch, "tenant_id is not the tenant of the credential.")
    }

    private func admit(_ call: inout APICall) throws -> InFlightGate.Place {
        if let principal = call.principal, let rate = state.rateLimiter.take(principal.tenant, at: state.now) {
            call.rate = rate
            guard rate.isAllowed else {
                throw Problem(.rateLimited, "No more than \(rate.limit) requests a minute.").retryAfter(rate.wait)
            }
        }
        switch state.gate.enter(call.principal?.tenant) {
        case .entered(let place): return place
        case .full:
            throw Problem(.overloaded, "The server is at work on as much as it can.").retryAfter(.seconds(1))
        case .tenantFull:
            let limit = state.limits.tenantRequestsInFlight
            throw Problem(.rateLimited, "No more than \(limit) requests and streams at once.").retryAfter(.seconds(1))
        }
    }

    // MARK: The body

    private func checkLength(_ request: Request) throws {
        guard let text = request.headers[.contentLength] else { return }
        guard let length = Int(text), length <= state.limits.maximumBody else {
            throw RefusedBody(problem: tooLarge(), rest: .unread)
        }
    }

    /// No database can be asked for a NUL.
    private func checkQuery(_ request: Request) throws {
        guard let query = request.uri.query, query.contains("%00") else { return }
        guard description.parameters.contains(where: { $0.place == .query }) else { return }
        throw Problem(.invalidRequest, "A query can't have NUL characters in it.")
    }

    private func tooLarge() -> Problem {
        Problem(.bodyTooLarge, "A body may have \(state.limits.maximumBody) bytes.")
    }

    private func readBody(_ call: inout APICall) async throws {
        let (request, method) = (call.request, call.request.method)
        guard method == .post || method == .patch || method == .put else { return }
        let length = request.headers[.contentLength]
        if length == "0" || (length == nil && request.headers[.transferEncoding] == nil) {
            if description.body != nil { throw Problem(.invalidRequest, "A JSON object is expected.") }
            return
        }
        if description.body != nil { try checkContentType(request) }
        call.bytes = try await collect(request.body)
        if description.access == .signedCallback { try checkSignature(call) }
        try checkBody(&call)
    }

    /// Reads a body that is too large on for as much again, so that an honest client gets its answer on a connection
    /// that stays.
    private func collect(_ body: RequestBody) async throws -> ByteBuffer {
        let limit = state.limits.maximumBody
        let bytes = try await Deadline.within(state.limits.bodyDeadline) {
            var bytes = ByteBuffer()
            var count = 0
            for try await var piece in body {
                count += piece.readableBytes
                if count <= limit { bytes.writeBuffer(&piece) }
                if count > 2 * limit { throw RefusedBody(problem: tooLarge(), rest: .abandoned) }
            }
            if count > limit { throw tooLarge() }
            return bytes
        }
        if let bytes { return bytes }
        throw RefusedBody(problem: Problem(.requestTimeout, "The body didn't arrive in time."), rest: .abandoned)
    }

    private func checkSignatureHeaders(_ headers: HTTPFields) throws {
        let names: [HTTPField.Name] = [.webhookID, .webhookTimestamp, .webhookSignature]
        guard names.allSatisfy({ headers[$0] != nil }) else {
            throw Problem(.invalidSignature, "The Standard Webhooks headers are missing.")
        }
    }

    /// Of the bytes as they came, before anything is read from them.
    private func checkSignature(_ call: APICall) throws {
        let headers = call.request.headers
        let isSigned = StandardWebhookSignature.verify(
            id: headers[.webhookID] ?? "", timestamp: headers[.webhookTimestamp] ?? "",
            signatures: headers[.webhookSignature] ?? "", body: Array(call.bytes.readableBytesView),
            secrets: state.services.callbackSecrets, now: state.now)
        guard isSigned else { throw Problem(.invalidSignature, "The signature is not valid, or its time is past.") }
    }

    private func checkContentType(_ request: Request) throws {
        guard let type = request.headers[.contentType] else { return }
        let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard media == APIAnswer.jsonType || media.hasSuffix("+json") else {
            throw Problem(.unsupportedMediaType, "The body has to be application/json.")
        }
    }

    private func checkBody(_ call: inout APICall) throws {
        guard let schema = description.body else {
            // Nothing is expected; what is there must still not name another tenant.
            let value = try? JSONReader.read(call.bytes, maximumDepth: state.limits.maximumDepth)
            return try checkTenant(value?["tenant_id"]?.string, call)
        }
        let value = try JSONReader.read(call.bytes, maximumDepth: state.limits.maximumDepth)
        try checkTenant(value["tenant_id"]?.string, call)
        let faults = schema.faults(in: value)
        guard faults.isEmpty else { throw Problem(.invalidRequest, Problem.sentence(for: faults), errors: faults) }
        if case .object(let members) = value { call.body = RequestMembers(members) }
    }

    // MARK: Doing it once

    private func idempotencyKey(_ call: APICall) throws -> String? {
        guard let key = call.request.headers[.idempotencyKey] else { return nil }
        guard (1...WebAPILimits.idempotencyKeyLength).contains(key.utf8.count) else {
            throw Problem(
                .invalidIdempotencyKey, "An Idempotency-Key has 1 to \(WebAPILimits.idempotencyKeyLength) characters.")
        }
        return key
    }

    /// What is brief takes milliseconds; doing it again finds what was made the first time.
    private static let briefLock = Duration.seconds(5)

    private var lock: Duration {
        switch description.repeatability {
        case .none, .brief: Self.briefLock
        case .text: state.limits.textDeadline + .seconds(10)
        case .image: state.limits.imageDeadline + .seconds(30)
        }
    }

    private func once(_ key: String, _ call: inout APICall) async throws -> Admitted {
        let request = IdempotencyStore.Request(
            tenant: try call.tenant(), isTest: call.principal?.isTest ?? false, key: key, route: description.name,
            bodyHash: Array(SHA256.hash(data: call.bytes.readableBytesView)))
        switch try await state.idempotency.claim(request, lock: lock) {
        case .replay(let kept): return Admitted(answer: APIAnswer(kept))
        case .mismatch:
            throw Problem(.idempotencyKeyReused, "The Idempotency-Key was used for another request.")
        case .inFlight(let wait): throw inFlight(wait)
        case .work(let suffix, let lockedUntil):
            call.creationSuffix = suffix
            return try await work(request, lockedUntil, call)
        }
    }

    private func work(
        _ request: IdempotencyStore.Request, _ lockedUntil: Timestamp, _ call: APICall
    ) async throws -> Admitted {
        let store = state.idempotency
        let answer: APIAnswer
        do {
            answer = try await handle(call)
        } catch {
            let problem = APIAnswer(Problem(mapping: error), requestID: call.requestID)
            if let other = try await settle(problem, request, lockedUntil) { return Admitted(answer: other) }
            throw error
        }
        if case .events = answer.body {
            // The record at the end of the stream is what a repeat gets, as plain JSON.
            return Admitted(answer: answer) { record in
                if let record {
                    let kept = IdempotencyStore.Kept(
                        status: 200, contentType: APIAnswer.jsonType, body: Array(record.readableBytesView))
                    _ = try? await store.keep(kept, for: request, lockedUntil: lockedUntil)
                } else {
                    try? await store.release(request, lockedUntil: lockedUntil)
                }
            }
        }
        return Admitted(answer: try await settle(answer, request, lockedUntil) ?? answer)
    }

    private func inFlight(_ wait: Duration) -> Problem {
        Problem(.idempotencyInFlight, "A request with this Idempotency-Key is at work.")
            .retryAfter(min(wait, .seconds(5)))
    }

    /// Keeps what stays true; what may be otherwise the next time gives the key back.
    /// - Returns: the answer to give instead, when a repeat took the work over because it took too long.
    private func settle(
        _ answer: APIAnswer, _ request: IdempotencyStore.Request, _ lockedUntil: Timestamp
    ) async throws -> APIAnswer? {
        let passing = [402, 408, 409, 429].contains(answer.status.code) || answer.status.code >= 500
        if !passing, case .bytes(let bytes) = answer.body {
            let kept = IdempotencyStore.Kept(
                status: answer.status.code, contentType: answer.headers[.contentType] ?? APIAnswer.jsonType,
                location: answer.headers[.location], body: Array(bytes.readableBytesView))
            if try await state.idempotency.keep(kept, for: request, lockedUntil: lockedUntil) { return nil }
            guard let first = try await state.idempotency.replay(request) else { throw inFlight(.seconds(1)) }
            return APIAnswer(first)
        }
        try await state.idempotency.release(request, lockedUntil: lockedUntil)
        return nil
    }
}

extension Principal {
    /// Whether the credential has that role, or a stronger one.
    func has(_ role: Role) -> Bool {
        switch role {
        case .member: true
        case .admin: roles.contains(.admin) || roles.contains(.platformAdmin)
        case .platformAdmin: roles.contains(.platformAdmin)
        }
    }
}

extension APIAnswer {
    fileprivate init(_ kept: IdempotencyStore.Kept) {
        self.init(
            HTTPResponse.Status(code: kept.status),
            headers: [.contentType: kept.contentType, .idempotencyReplayed: "true"],
            body: .bytes(ByteBuffer(bytes: kept.body)))
        if let location = kept.location { headers[.location] = location }
    }
}
