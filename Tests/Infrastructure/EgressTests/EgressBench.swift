import HTTPTypes
import Logging
import NIOCore
import NIOPosix
import Testing
import Vocabulary

@testable import Egress

/// A door for one test, shut at its end.
func withEgress<Result>(
    _ change: (inout EgressLimits) -> Void = { _ in }, surroundings: Surroundings = .system,
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    lookup: @escaping NameLookup.Function = NameLookup.system,
    eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
    _ body: (Egress) async throws -> Result
) async throws -> Result {
    var limits = EgressLimits()
    limits.firstBackoff = .milliseconds(5)
    limits.connectTimeout = patience
    change(&limits)
    let egress = Egress(
        limits: limits, surroundings: surroundings, logger: logger,
        eventLoopGroup: eventLoopGroup, lookup: lookup)
    do {
        let result = try await body(egress)
        await egress.shutdown()
        return result
    } catch {
        await egress.shutdown()
        throw error
    }
}

/// Time enough on a loaded machine for what takes milliseconds, and too little for anything that stalls.
let patience = Duration.seconds(10)

/// A request with deadlines that a loaded machine keeps, unless the test shortens them.
func request(
    _ method: HTTPRequest.Method, _ url: String, headers: HTTPFields = [:], body: String? = nil,
    trust: EgressTrust = .configured, connect: Duration = patience, firstByte: Duration = patience,
    whole: Duration = patience, cap: Int64 = 1 << 20, redirects: Int = 0, attempts: Int = 1
) -> EgressRequest {
    EgressRequest(
        method, url, headers: headers, body: body.map { Array($0.utf8) }, trust: trust,
        deadlines: EgressDeadlines(connect: connect, firstByte: firstByte, whole: whole), maximumBodySize: cap,
        maximumRedirects: redirects, maximumAttempts: attempts)
}

func request(
    _ url: String, headers: HTTPFields = [:], trust: EgressTrust = .configured, whole: Duration = patience,
    cap: Int64 = 1 << 20, redirects: Int = 0, attempts: Int = 1
) -> EgressRequest {
    request(
        .get, url, headers: headers, trust: trust, whole: whole, cap: cap, redirects: redirects, attempts: attempts)
}

/// The code with which `call` fails; nil when it doesn't, or fails otherwise.
func code(_ call: () async throws -> some Any) async -> EgressError.Code? {
    do {
        _ = try await call()
        Issue.record("no error")
        return nil
    } catch let error as EgressError {
        return error.code
    } catch {
        Issue.record(error)
        return nil
    }
}

/// Expects that `call` fails with that code.
func expect(
    _ expected: EgressError.Code, _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation,
    _ call: () async throws -> some Any
) async {
    let found = await code(call)
    #expect(found == expected, comment, sourceLocation: location)
}

/// Expects that `call` gives that value.
func expectEqual<Value: Equatable>(
    _ expected: Value, at location: SourceLocation = #_sourceLocation, _ call: () async throws -> Value
) async throws {
    let found = try await call()
    #expect(found == expected, sourceLocation: location)
}

let okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
