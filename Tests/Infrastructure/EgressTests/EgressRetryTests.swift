import HTTPTypes
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Egress

@Suite("When a call is made again, counted at the server")
struct EgressRetryTests {
    /// Answers with these statuses in turn, the last one for ever.
    private func statuses(_ list: Int..., headers: [(name: String, value: String)] = []) -> HTTPDouble.Handler {
        let left = Counter(list)
        return { _ in HTTPDouble.Reply(left.next(), headers: headers, text: "ok") }
    }

    private final class Counter: Sendable {
        private let list: Mutex<[Int]>
        init(_ list: [Int]) { self.list = Mutex(list) }
        func next() -> Int { list.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    }

    @Test(
        "GET and HEAD are made again after 502, 503 and 504", arguments: [HTTPRequest.Method.get, .head],
        [502, 503, 504])
    func gatewayErrors(method: HTTPRequest.Method, status: Int) async throws {
        try await withHTTPDouble(handler: statuses(status, status, 200)) { server in
            try await withEgress { egress in
                try await expectEqual(200) { try await egress.send(request(method, server.url, attempts: 3)).status }
                #expect(server.requests.count == 3)
            }
        }
    }

    @Test("The last answer counts when the attempts are used up")
    func attemptsUsedUp() async throws {
        try await withHTTPDouble(handler: statuses(503)) { server in
            try await withEgress { egress in
                try await expectEqual(503) { try await egress.send(request(server.url, attempts: 4)).status }
                #expect(server.requests.count == 4)
            }
        }
    }

    @Test(
        "POST, PUT and DELETE are never made again after an answer",
        arguments: [HTTPRequest.Method.post, .put, .delete])
    func answeredOnce(method: HTTPRequest.Method) async throws {
        try await withHTTPDouble(handler: statuses(503)) { server in
            try await withEgress { egress in
                try await expectEqual(503) {
                    try await egress.send(request(method, server.url, body: "x", attempts: 5)).status
                }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("500 and 404 are not repeated", arguments: [500, 404, 400])
    func otherStatuses(status: Int) async throws {
        try await withHTTPDouble(handler: statuses(status)) { server in
            try await withEgress { egress in
                try await expectEqual(status) { try await egress.send(request(server.url, attempts: 5)).status }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("After unknown, GET is made again and POST never is")
    func unknown() async throws {
        for (method, count) in [(HTTPRequest.Method.get, 2), (.post, 1)] {
            try await withRawServer {
                $0 == 0 ? [.readRequest, .reset] : [.readRequest, .send(okay)]
            } _: { server in
                try await withEgress { egress in
                    let call = request(method, server.url, body: method == .post ? "x" : nil, attempts: 5)
                    if method == .get {
                        try await expectEqual(Array("ok".utf8)) { try await egress.send(call).bytes() }
                    } else {
                        await expect(.unknown) { try await egress.send(call) }
                    }
                    #expect(server.received.count == count)
                }
            }
        }
    }

    @Test("After not sent, POST is made again, and arrives once")
    func notSent() async throws {
        let taken = try RefusingPort()
        let log = LogCatcher()
        try await withEgress(
            {
                $0.firstBackoff = .milliseconds(50)
                $0.breaker.failures = 1000
            }, logger: log.logger
        ) { egress in
            async let response = egress.send(
                request(.post, taken.url, body: "x", whole: patience * 3, attempts: 50))
            try await eventually("it is refused") { log.text.contains("notSent") }
            let server = try await HTTPDouble.start(port: taken.port) { _ in HTTPDouble.Reply(200) }
            let status = try await response.status
            #expect(status == 200)
            #expect(server.requests.count == 1)
            await server.stop()
        }
    }

    @Test("429 is repeated when it says when, and that is in time")
    func rateLimited() async throws {
        let cases: [(headers: [(name: String, value: String)], requests: Int, status: Int)] = [
            ([("Retry-After", "0")], 2, 200), ([], 1, 429), ([("Retry-After", "3600")], 1, 429),
            ([("Retry-After", "soon")], 1, 429), ([("Retry-After", "-5")], 1, 429),
        ]
        for (headers, requests, status) in cases {
            let left = Counter([429, 200])
            try await withHTTPDouble { _ in
                HTTPDouble.Reply(left.next(), headers: headers)
            } _: { server in
                try await withEgress { egress in
                    try await expectEqual(status) { try await egress.send(request(server.url, attempts: 3)).status }
                    #expect(server.requests.count == requests)
                }
            }
        }
    }

    @Test("Retry-After is read as seconds or as a date, at most a day")
    func retryAfter() {
        let now = Timestamp(seconds: 784_111_777)  // Sun, 06 Nov 1994 08:49:37 GMT
        let cases: [(String, Duration?)] = [
            ("0", .zero), ("7", .seconds(7)), ("99999999", .seconds(86_400)), ("-1", nil), ("", nil), ("soon", nil),
            ("Sun, 06 Nov 1994 08:49:40 GMT", .seconds(3)), ("Mon, 07 Nov 1994 00:00:00 GMT", .seconds(54_623)),
            ("Sun, 01 Jan 1995 00:00:00 GMT", .seconds(86_400)), ("Sun, 06 Nov 1994 08:49:36 GMT", .zero),
            ("Sun, 06 Nov 1994 08:49:40 PST", nil), ("Sun, 31 Feb 1995 08:49:40 GMT", nil),
            ("Sun, 06 Now 1994 08:49:40 GMT", nil), ("06 Nov 1994 08:49:40 GMT", nil),
        ]
        for (text, expected) in cases { #expect(EgressRetry.retryAfter(text, at: now) == expected, "\(text)") }
    }

    @Test("A date in Retry-After is measured with the clock of the program")
    func retryAfterDate() async throws {
        let clock = TestClock(Timestamp(seconds: 784_111_777))
        for (date, count) in [("Sun, 06 Nov 1994 08:49:37 GMT", 2), ("Sun, 06 Nov 1994 09:49:37 GMT", 1)] {
            try await withHTTPDouble(handler: statuses(429, 200, headers: [("Retry-After", date)])) { server in
                try await withEgress(surroundings: clock.surroundings) { egress in
                    _ = try await egress.send(request(server.url, attempts: 2))
                    #expect(server.requests.count == count)
                }
            }
        }
    }

    @Test("A wait that doesn't fit into the deadline isn't begun")
    func waitTooLong() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(503, headers: [("Retry-After", "60")])
        } _: { server in
            try await withEgress { egress in
                try await expectEqual(503) {
                    try await egress.send(request(server.url, attempts: 3)).status
                }
                #expect(server.requests.count == 1)
            }
        }
    }
}
