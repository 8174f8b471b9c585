import AsyncHTTPClient
import HTTPTypes
package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
package import Vocabulary

/// The only door to the outside: every outgoing HTTP call of the program goes through it.
///
/// Every call has a deadline for each of its parts, a cap on the answer and one outcome that says whether the request
/// may have taken effect. It never logs headers, queries or bodies.
package final class Egress: Sendable {
    private let limits: EgressLimits
    private let surroundings: Surroundings
    private let logger: Logger
    private let clients: EgressClients
    private let lookup: NameLookup
    private let breakers: CircuitBreakers
    private let meters = EgressMeters()
    /// The URLs of configured hosts as they were read: a handful, called again and again.
    private let configuredURLs = Mutex<[String: EgressURL]>([:])
    private static let mostConfiguredURLs = 64

    /// - Parameter eventLoopGroup: where connections to configured addresses live; the process's own group unless said
    ///   otherwise. Those to foreign addresses have a loop of their own.
    package convenience init(
        limits: EgressLimits, surroundings: Surroundings, logger: Logger,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup
    ) {
        self.init(
            limits: limits, surroundings: surroundings, logger: logger, eventLoopGroup: eventLoopGroup,
            lookup: NameLookup.system)
    }

    /// - Parameter lookup: what tells the addresses of a name before a foreign call.
    init(
        limits: EgressLimits, surroundings: Surroundings, logger: Logger, eventLoopGroup: any EventLoopGroup,
        lookup: @escaping NameLookup.Function
    ) {
        self.limits = limits
        self.surroundings = surroundings
        self.logger = logger
        self.clients = EgressClients(limits: limits, eventLoopGroup: eventLoopGroup)
        self.lookup = NameLookup(limits: limits, eventLoopGroup: eventLoopGroup, function: lookup)
        self.breakers = CircuitBreakers(limits.breaker, capacity: limits.breakerHosts)
    }

    /// Fails what is under way, closes all connections; later calls are `.notSent`. To be called before it is let go.
    package func shutdown() async {
        lookup.shutdown()
        await clients.shutdown()
    }

    /// Makes a call.
    ///
    /// All attempts and redirects share the deadlines for the first byte and for the whole.
    /// - Returns: the answer, whatever its status, as soon as its head is there. A body that isn't read to its end
    ///   costs the connection. More redirects than `maximumRedirects` give the last redirect as the answer.
    /// - Throws: `EgressError`, or `CancellationError` when the task was cancelled before the head came.
    package func send(_ request: EgressRequest) async throws -> EgressResponse {
        let start = NIODeadline.now()
        let hop = Hop(
            url: try url(request.url, trust: request.trust), headers: Self.headers(request.headers),
            firstByte: start + TimeAmount(request.deadlines.firstByte),
            whole: start + TimeAmount(request.deadlines.whole))
        return try await follow(hop, request)
    }

    /// The server-sent events of an answer, as they come. Ends with the body and fails as the body does.
    package func events(_ response: EgressResponse) -> AsyncThrowingStream<ServerSentEvent, any Error> {
        let reader = EventReader(response.body, parser: ServerSentEventParser(limit: limits.eventSize))
        return AsyncThrowingStream { try await reader.next() }
    }

    // MARK: Redirects

    /// A place to be called, and until when.
    private struct Hop {
        var url: EgressURL
        var headers: HTTPHeaders
        var firstByte: NIODeadline
        var whole: NIODeadline
    }

    private func url(_ text: String, trust: EgressTrust) throws(EgressError) -> EgressURL {
        if trust == .configured, let known = configuredURLs.withLock({ $0[text] }) { return known }
        do {
            let url = try EgressURL(text)
            switch trust {
            case .foreign: try EgressGuard(allowedNetworks: limits.allowedNetworks).check(url)
            case .configured:
                configuredURLs.withLock { urls in
                    if urls.count >= Self.mostConfiguredURLs { urls.removeAll() }
                    urls[text] = url
                }
            }
            return url
        } catch {
            meters.failed(error.code, trust)
            throw error
        }
    }

    private func follow(_ first: Hop, _ request: EgressRequest) async throws -> EgressResponse {
        var hop = first
        var redirects = request.trust == .foreign && request.method == .get ? request.maximumRedirects : 0
        while true {
            let response = try await attempt(hop, request)
            guard redirects > 0, let location = EgressRedirect.location(of: response) else { return response }
            redirects -= 1
            let next = try url(try EgressRedirect.target(location, from: hop.url), trust: request.trust)
            if next.origin != hop.url.origin { hop.headers = EgressRedirect.headersForAnotherOrigin(hop.headers) }
            hop.url = next
        }
    }

    // MARK: Attempts

    private func attempt(_ hop: Hop, _ request: EgressRequest) async throws -> EgressResponse {
        var number = 1
        while true {
            let result: Result<EgressResponse, any Error>
            do {
                result = .success(try await call(hop, request))
            } catch {
                result = .failure(error)
            }
            guard number < request.maximumAttempts else { return try result.get() }
            let backoff = Backoff(first: limits.firstBackoff, most: EgressLimits.longestBackoff)
                .delay(afterAttempt: number, fraction: surroundings.randomFraction())
            guard
                let wait = EgressRetry.wait(
                    after: result, method: request.method, backoff: backoff, at: surroundings.now()),
                NIODeadline.now() + TimeAmount(wait) < min(hop.firstByte, hop.whole)
            else { return try result.get() }
            try await Task.sleep(for: wait)
            number += 1
        }
    }

    /// One request on a connection, if the breaker of the host lets it through.
    private func call(_ hop: Hop, _ request: EgressRequest) async throws -> EgressResponse {
        let origin = hop.url.origin
        let permit: CircuitBreaker.Permit
        switch breakers.admit(origin, at: surroundings.now()) {
        case .go(let granted):
            permit = granted
        case .refused(let retryAfter):
            meters.failed(.circuitOpen, request.trust)
            throw EgressError(.circuitOpen, "\(origin) keeps failing", retryAfter: retryAfter)
        }
        let start = NIODeadline.now()
        do {
            let response = try await exchange(hop, request, since: start)
            let isFailure = response.status >= 500
            breakers.record(isFailure ? .failure : .success, permit, origin, at: surroundings.now())
            meters.answered(response.status, request.trust, after: (NIODeadline.now() - start).nanoseconds)
            return response
        } catch {
            note(error, permit, hop, request)
            throw error
        }
    }

    private func exchange(_ hop: Hop, _ request: EgressRequest, since start: NIODeadline) async throws -> EgressResponse
    {
        let client = try clients.client(for: request.trust)
        let wire: HTTPClient.Request
        do {
            wire = try HTTPClient.Request(
                url: hop.url.text, method: HTTPMethod(rawValue: request.method.rawValue), headers: hop.headers,
                body: request.body.map { .byteBuffer(ByteBuffer(bytes: $0)) })
        } catch {
            throw EgressError(.addressRefused, "URL that can't be read")
        }
        // The client keeps the limit's connect timeout itself, and knows best what was sent; a timer here is for less.
        let connect = request.deadlines.connect
        if request.trust == .foreign, hop.url.literal == nil {
            let deadline = min(start + TimeAmount(min(connect, limits.connectTimeout)), hop.firstByte, hop.whole)
            let addresses = try await lookup.addresses(of: hop.url.host, until: deadline)
            try EgressGuard(allowedNetworks: limits.allowedNetworks).check(addresses)
        }
        let patience = connect < limits.connectTimeout ? connect : limits.connectTimeout + .seconds(1)
        let deadlines = EgressExchange.Deadlines(
            connect: start + TimeAmount(patience), firstByte: hop.firstByte, whole: hop.whole)
        let exchange = EgressExchange(
            deadlines: deadlines, maximumBodySize: request.maximumBodySize, method: request.method,
            isRequestEmpty: request.body?.isEmpty ?? true,
            onBodyFailure: { [meters] code in meters.failed(code, request.trust) })
        return try await exchange.run(wire, on: client)
    }

    private func note(_ error: any Error, _ permit: CircuitBreaker.Permit, _ hop: Hop, _ request: EgressRequest) {
        var outcome = CircuitBreaker.Outcome.neutral
        if let error = error as? EgressError {
            if error.code == .notSent || error.code == .unknown { outcome = .failure }
            meters.failed(error.code, request.trust)
            logger.debug(
                "call without answer",
                metadata: [
                    "method": "\(request.method.rawValue)", "host": "\(hop.url.host)",
                    "outcome": "\(error.code.rawValue)", "detail": "\(error.detail)",
                ])
        } else {
            meters.cancelled(request.trust)
        }
        breakers.record(outcome, permit, hop.url.origin, at: surroundings.now())
    }

    /// What the client sets itself is not taken from the caller.
    private static func headers(_ fields: HTTPFields) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserveCapacity(fields.count + 1)
        for field in fields {
            switch field.name.canonicalName {
            case "host", "content-length", "transfer-encoding", "connection": continue
            default: headers.add(name: field.name.rawName, value: field.value)
            }
        }
        if fields[.userAgent] == nil { headers.add(name: "User-Agent", value: "Atelier") }
        return headers
    }
}
