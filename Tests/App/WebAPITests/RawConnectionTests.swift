import HTTPTypes
import HummingbirdTesting
import NIOCore
import NIOPosix
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("A connection that misbehaves")
struct RawConnectionTests {
    /// Writes, one piece after the other, until the other side ends the connection or the pieces are at their end, and
    /// gives back what was answered.
    private static func exchange(
        _ port: Int?, _ pieces: @escaping @Sendable (Int) -> String?,
        reading isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let connection = try await bootstrap.connect(host: "127.0.0.1", port: try #require(port)) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    var number = 0
                    while let piece = pieces(number), !Task.isCancelled {
                        guard (try? await outbound.write(ByteBuffer(string: piece))) != nil else { break }
                        number += 1
                    }
                    return nil
                }
                group.addTask {
                    var text = ""
                    var iterator = inbound.makeAsyncIterator()
                    while let bytes = try? await iterator.next() {
                        text += String(buffer: bytes)
                        if isEnough(text) { break }
                    }
                    return text
                }
                defer { group.cancelAll() }
                while let text = try await group.next() {
                    if let text { return text }
                }
                return ""
            }
        }
    }

    private func head(_ token: String, _ lines: String) -> String {
        "POST /v1/content/generate/text HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Type: application/json\r\n\(lines)\r\n\r\n"
    }

    @Test("an endless body is answered with 413 and the connection is closed", arguments: [true, false])
    func endlessBody(_ isChunked: Bool) async throws {
        try await APITestBench.run(["ATELIER_MAX_BODY": "2KiB"], sockets: true) { bench in
            let token = try bench.token("a")
            let head = head(token, isChunked ? "Transfer-Encoding: chunked" : "Content-Length: 1000000000000")
            let filler = String(repeating: " ", count: 1_024)
            let piece = isChunked ? "400\r\n\(filler)\r\n" : filler
            // It is read until the server closes: were the connection left open, the writing would not end in time.
            let text = try await Self.exchange(
                bench.client.port, { number in number == 0 ? head : number < 2_000_000 ? piece : nil },
                reading: { _ in false })
            #expect(text.hasPrefix("HTTP/1.1 413"), "\(text.prefix(200))")
            #expect(text.contains("body_too_large"))
        }
    }

    @Test("a body that doesn't arrive in time is answered with 408")
    func slowBody() async throws {
        try await APITestBench.run(["ATELIER_BODY_DEADLINE": "200ms"], sockets: true) { bench in
            let head = head(try bench.token("a"), "Content-Length: 100")
            let text = try await Self.exchange(
                bench.client.port, { number in number == 0 ? head + "{" : nil },
                reading: { $0.contains("request_timeout") })
            #expect(text.hasPrefix("HTTP/1.1 408"), "\(text.prefix(200))")
        }
    }

    @Test("an event stream whose client goes gives its place back")
    func leavingClient() async throws {
        try await APITestBench.run(["ATELIER_MAX_IN_FLIGHT": "1"], sockets: true) { bench in
            let token = try bench.token("a")
            let made = try await bench.call(.post, "/v1/content/generate/video", token: token, json: ["prompt": "x"])
            let id = try #require(made.data["job_id"]?.string)
            let request =
                "GET /v1/content/jobs/\(id)/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\r\n"
            let text = try await Self.exchange(
                bench.client.port, { number in number == 0 ? request : nil }, reading: { $0.contains("event: pending") }
            )
            #expect(text.contains("id: 1"))
            try await eventually("the place is free") {
                try await bench.call(.get, "/v1/tenants/current", token: token).status == 200
            }
        }
    }
}
