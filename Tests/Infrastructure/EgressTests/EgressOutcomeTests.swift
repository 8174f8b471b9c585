import Egress
import Glibc
import HTTPTypes
import Logging
import NIOCore
import Synchronization
import TestKit
import Testing

@Suite("What becomes of a call, over real sockets")
struct EgressOutcomeTests {
    @Test("An answer comes with status, headers and body, and the request arrives as it was given")
    func answered() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(201, headers: [("X-Kind", "good")], text: "made")
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(
                    request(.post, server.url + "/a/b%20c?d=e%2Ff&g", headers: [.authorization: "Bearer k"], body: "in")
                )
                #expect(response.status == 201)
                #expect(response.headers[HTTPField.Name("X-Kind")!] == "good")
                try await expectEqual(Array("made".utf8)) { try await response.bytes() }
                let arrived = try #require(server.requests.first)
                #expect(arrived.method == "POST" && arrived.path == "/a/b%20c" && arrived.query == "d=e%2Ff&g")
                #expect(arrived.header("authorization") == "Bearer k" && arrived.text == "in")
                #expect(arrived.header("content-length") == "2" && arrived.header("user-agent") == "Atelier")
            }
        }
    }

    @Test("A bad status is an answer", arguments: [400, 404, 429, 500, 503])
    func badStatus(status: Int) async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(status)
        } _: { server in
            try await withEgress { egress in
                try await expectEqual(status) { try await egress.send(request(.post, server.url, body: "x")).status }
            }
        }
    }

    @Test("Connections are used again")
    func pooled() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200, text: "ok")
        } _: { server in
            try await withEgress { egress in
                for _ in 0..<5 { _ = try await egress.send(request(server.url)).bytes() }
                #expect(server.requests.count == 5 && server.connections == 1)
            }
        }
    }

    @Test("A refused port is not sent", arguments: [HTTPRequest.Method.get, .post, .delete])
    func refusedPort(method: HTTPRequest.Method) async throws {
        let server = try RefusingPort()
        try await withEgress { egress in
            await expect(.notSent) { try await egress.send(request(method, server.url, body: "x")) }
        }
    }

    @Test("A name that doesn't exist is not sent")
    func unknownName() async throws {
        try await withEgress { egress in
            await expect(.notSent) { try await egress.send(request(.post, "http://nowhere.invalid/", body: "x")) }
        }
    }

    @Test("A connection that doesn't come about in time is not sent, by the request's limit and by the room's")
    func connectTimeout() async throws {
        let listener = try FullListener()
        defer { listener.close() }
        try await withEgress {
            // The shutdown waits for connections that are being made.
            $0.connectTimeout = .seconds(2)
        } _: { egress in
            let short = request(.post, listener.url, body: "x", connect: .milliseconds(200))
            await expect(.notSent) { try await egress.send(short) }
        }
        try await withEgress {
            $0.connectTimeout = .milliseconds(200)
        } _: { egress in
            await expect(.notSent) { try await egress.send(request(.delete, listener.url)) }
        }
    }

    @Test("A TLS handshake that fails or hangs is not sent, and nothing of the request leaves")
    func failedHandshake() async throws {
        let scripts: [[RawServer.Step]] = [[.send("HTTP/1.1 400 Bad Request\r\n\r\n"), .hang], [.hang], [.reset]]
        for script in scripts {
            try await withRawServer { _ in
                script
            } _: { server in
                try await withEgress {
                    $0.connectTimeout = .milliseconds(500)
                } _: { egress in
                    let url = server.url.replacing("http:", with: "https:")
                    await expect(.notSent) { try await egress.send(request(.post, url, body: "x")) }
                }
            }
        }
    }

    @Test("A reset after the request was read is unknown")
    func resetAfterRequest() async throws {
        try await withRawServer { _ in
            [.readRequest, .reset]
        } _: { server in
            try await withEgress { egress in
                await expect(.unknown) { try await egress.send(request(.post, server.url, body: "x")) }
                #expect(server.received.count == 1)
            }
        }
    }

    @Test("A close without an answer is unknown")
    func closeAfterRequest() async throws {
        try await withRawServer { _ in
            [.readRequest]
        } _: { server in
            try await withEgress { egress in
                await expect(.unknown) { try await egress.send(request(.post, server.url, body: "x")) }
            }
        }
    }

    @Test("A server that keeps quiet is unknown at the first-byte deadline, and its connection is closed")
    func silentServer() async throws {
        try await withRawServer { _ in
            [.readRequest, .hang]
        } _: { server in
            try await withEgress { egress in
                let call = request(.post, server.url, body: "x", firstByte: .milliseconds(300))
                await expect(.unknown) { try await egress.send(call) }
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }

    @Test("Half a head is no answer: unknown, whether it ends or hangs")
    func halfHead() async throws {
        let half = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Le")
        for script in [[.readRequest, half], [.readRequest, half, .hang]] as [[RawServer.Step]] {
            try await withRawServer { _ in
                script
            } _: { server in
                try await withEgress { egress in
                    let call = request(.post, server.url, body: "x", firstByte: .milliseconds(500))
                    await expect(.unknown) { try await egress.send(call) }
                }
            }
        }
    }

    @Test("Garbage instead of a head is unknown")
    func garbageHead() async throws {
        try await withRawServer { _ in
            [.readRequest, .send("220 mail.example ESMTP\r\n"), .hang]
        } _: { server in
            try await withEgress { egress in
                let call = request(.post, server.url, body: "x", firstByte: .seconds(2))
                await expect(.unknown) { try await egress.send(call) }
            }
        }
    }

    @Test(
        "A body that ends early is truncated, by length or by chunks, by FIN or by RST",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        ], [false, true])
    func truncated(start: String, reset: Bool) async throws {
        let end: [RawServer.Step] = reset ? [.pause(.milliseconds(100)), .reset] : []
        try await withRawServer { _ in
            [.readRequest, .send(start)] + end
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(request(server.url))
                #expect(response.status == 200)
                await expect(.truncated) { try await response.bytes() }
            }
        }
    }

    @Test("A body over the cap is too large, and isn't drained: the connection closes")
    func endlessBody() async throws {
        let head = RawServer.Step.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        let piece = Array("400\r\n".utf8) + [UInt8](repeating: 65, count: 1024) + Array("\r\n".utf8)
        try await withRawServer { _ in
            [.readRequest, head, .sendEndlessly(piece)]
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(request(server.url, cap: 10_000))
                await expect(.bodyTooLarge) { try await response.bytes() }
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }

    @Test("A body that announces more than the cap is too large before it comes")
    func announcedTooLarge() async throws {
        try await withRawServer { _ in
            [.readRequest, .send("HTTP/1.1 200 OK\r\nContent-Length: 1000001\r\n\r\n"), .hang]
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(request(server.url, cap: 1_000_000))
                await expect(.bodyTooLarge) { try await response.bytes() }
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }

    @Test("A body as large as the cap is fine")
    func exactlyTheCap() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200, text: String(repeating: "x", count: 1000))
        } _: { server in
            try await withEgress { egress in
                try await expectEqual(1000) { try await egress.send(request(server.url, cap: 1000)).bytes().count }
                await expect(.bodyTooLarge) { try await egress.send(request(server.url, cap: 999)).bytes() }
            }
        }
    }

    @Test("A body that isn't over in time ends with the deadline, though it keeps dripping")
    func slowBody() async throws {
        let head = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        try await withRawServer { _ in
            [.readRequest, head, .sendEndlessly([65], every: .milliseconds(20))]
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(request(server.url, whole: .seconds(6)))
                #expect(response.status == 200)
                await expect(.deadlineExceeded) { try await response.bytes() }
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }

    @Test("A body that isn't read stops the sender")
    func backPressure() async throws {
        let head = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        let piece = [UInt8](repeating: 65, count: 64 << 10)
        try await withRawServer { _ in
            [.readRequest, head, .sendEndlessly(piece)]
        } _: { server in
            try await withEgress { egress in
                let response = try await egress.send(request(server.url, cap: 1_000_000_000))
                var chunks = response.body.makeAsyncIterator()
                _ = try await chunks.next()
                var before = -1
                try await eventually("the sender stops") {
                    defer { before = server.sent }
                    guard before == server.sent else { return false }
                    try await Task.sleep(for: .milliseconds(200))
                    return before == server.sent
                }
                #expect(server.sent < 64 << 20)
                // It goes on when the body is read: more comes than was on its way.
                var read = 0
                while read <= before, let chunk = try await chunks.next() { read += chunk.readableBytes }
                #expect(read > before)
            }
        }
    }

    @Test("A body that is let go closes its connection")
    func abandonedBody() async throws {
        let head = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        try await withRawServer { _ in
            [.readRequest, head, .hang]
        } _: { server in
            try await withEgress { egress in
                try await expectEqual(200) { try await egress.send(request(server.url)).status }
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }

    @Test("A cancelled call ends at once, before the head and in the body")
    func cancelled() async throws {
        let head = RawServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        for script in [[.readRequest, .hang], [.readRequest, head, .hang]] as [[RawServer.Step]] {
            try await withRawServer { _ in
                script
            } _: { server in
                try await withEgress { egress in
                    let call = Task { try await egress.send(request(.post, server.url, body: "x")).bytes() }
                    try await eventually("the request arrives") { server.received.count == 1 }
                    call.cancel()
                    await #expect(throws: CancellationError.self) { _ = try await call.value }
                    try await eventually("the connection ends") { server.ended == 1 }
                }
            }
        }
    }

    @Test("HEAD and 204 have no body, whatever they announce")
    func bodiless() async throws {
        try await withHTTPDouble { seen in
            seen.method == "HEAD"
                ? HTTPDouble.Reply(200, headers: [("Content-Length", "5000000")]) : HTTPDouble.Reply(204)
        } _: { server in
            try await withEgress { egress in
                try await expectEqual(true) { try await egress.send(request(.head, server.url)).bytes().isEmpty }
                try await expectEqual(true) { try await egress.send(request(.delete, server.url)).bytes().isEmpty }
            }
        }
    }

    @Test("After the shutdown nothing is sent, and what hung has failed")
    func shutdown() async throws {
        try await withRawServer { _ in
            [.readRequest, .hang]
        } _: { server in
            try await withEgress { egress in
                let call = Task { await code { try await egress.send(request(.post, server.url, body: "x")) } }
                try await eventually("the request arrives") { server.received.count == 1 }
                await egress.shutdown()
                #expect(await call.value == .unknown)
                await expect(.notSent) { try await egress.send(request(server.url)) }
            }
        }
    }

    @Test("The log tells host and outcome, and no path, query, header or body")
    func discreetLog() async throws {
        let log = LogCatcher()
        let server = try RefusingPort()
        try await withEgress(logger: log.logger) { egress in
            let call = request(
                .post, server.url + "/private-path?key=query-secret", headers: [.authorization: "Bearer header-secret"],
                body: "body-secret")
            await expect(.notSent) { try await egress.send(call) }
            let bad = request(.get, server.url, headers: [.authorization: "header-secret"])
            await expect(.notSent) { try await egress.send(bad) }
        }
        #expect(log.text.contains("127.0.0.1") && log.text.contains("notSent"))
        #expect(!log.text.contains("secret") && !log.text.contains("private-path"))
    }
}

/// A port whose queue of connections is full, so that further ones hang.
private struct FullListener {
    let url: String
    private var sockets: [Int32] = []

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener, generic, size) == 0 && listen(listener, 0) == 0
                    && getsockname(listener, generic, &size) == 0
            }
        }
        try #require(isBound)
        sockets = [listener]
        for _ in 0..<4 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(filler, $0, size) }
            }
            sockets.append(filler)
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    }

    func close() { for socket in sockets { _ = Glibc.close(socket) } }
}

/// Keeps what is logged, at every level.
final class LogCatcher: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(catcher: self) } }

    private struct Handler: LogHandler {
        let catcher: LogCatcher
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            catcher.lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        }
    }
}
