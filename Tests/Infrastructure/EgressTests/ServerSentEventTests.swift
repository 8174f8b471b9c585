import Egress
import ProviderDoubles
import TestKit
import Testing

@Suite("Server-sent events")
struct ServerSentEventTests {
    private func parse(_ bytes: [UInt8], cutAt cuts: [Int] = [], limit: Int = 1 << 20) throws -> [ServerSentEvent] {
        var parser = ServerSentEventParser(limit: limit)
        var events: [ServerSentEvent] = []
        var start = 0
        for end in cuts + [bytes.count] {
            events += try parser.feed(bytes[start..<end])
            start = end
        }
        return events
    }

    private static let stream = """
        \u{FEFF}: a comment
        retry: 2500
        data: first line
        data:second line

        event: grüße 🌊
        id: 7
        data:  two spaces

        data

        data: after
        unknown: field
        id: bad\0id

        event: without data

        id
        data: {"a":"ü"}
        retry: soon

        data: [DONE]

        data: cut off by the end
        """

    private static let events = [
        ServerSentEvent(data: "first line\nsecond line", retry: 2500),
        ServerSentEvent(event: "grüße 🌊", data: " two spaces", id: "7"),
        ServerSentEvent(data: "", id: "7"),
        ServerSentEvent(data: "after", id: "7"),
        ServerSentEvent(data: "{\"a\":\"ü\"}"),
        ServerSentEvent(data: "[DONE]"),
    ]

    @Test("The events are the same with every line end, cut at every byte", arguments: ["\n", "\r\n", "\r"])
    func everyCut(lineEnd: String) throws {
        let bytes = Array(Self.stream.replacing("\n", with: lineEnd).utf8)
        #expect(try parse(bytes) == Self.events)
        for cut in 0...bytes.count { #expect(try parse(bytes, cutAt: [cut]) == Self.events, "cut at \(cut)") }
        #expect(try parse(bytes, cutAt: Array(0..<bytes.count)) == Self.events)
    }

    @Test("Random cuts and mixed line ends change nothing")
    func randomCuts() throws {
        for _ in 0..<40 {
            let ends = ["\n", "\r\n", "\r"]
            let text = Self.stream.split(separator: "\n", omittingEmptySubsequences: false)
                .reduce("") { $0 + $1 + (ends.randomElement() ?? "\n") }
            let bytes = Array(text.utf8)
            // A CR and a LF of two neighbouring ends would melt into one, and that is right; so they aren't compared.
            guard !text.unicodeScalars.elementsEqual(Self.stream.unicodeScalars) else { continue }
            let cuts = (0..<12).map { _ in Int.random(in: 0...bytes.count) }.sorted()
            #expect(try parse(bytes, cutAt: cuts) == parse(bytes))
        }
    }

    @Test("A line over the limit is too large, and so is an event of many lines")
    func limit() throws {
        let line = Array(("data: " + String(repeating: "x", count: 94)).utf8)
        #expect(try parse(line + Array("\n\n".utf8), limit: 100).count == 1)
        #expect(throws: EgressError.self) { try parse(line + [120], limit: 100) }
        let lines = Array(repeating: Array("data: 123456789\n".utf8), count: 10)
        #expect(try parse(Array(lines.joined()), limit: 100).isEmpty)
        #expect(throws: EgressError.self) { try parse(Array((lines + lines).joined()), limit: 100) }
    }

    @Test("Events come out of a real answer one by one, while it is still under way")
    func live() async throws {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        try await withRawServer { _ in
            [.readRequest, .send(head), .send("d\r\ndata: one\n\nda\r\n"), .hang]
        } _: { server in
            try await withEgress { egress in
                var events = egress.events(try await egress.send(request(server.url))).makeAsyncIterator()
                try await expectEqual(ServerSentEvent(data: "one")) { try await events.next() }
            }
        }
    }

    @Test("A stream that breaks off fails after the events that came, and an endless line is too large")
    func broken() async throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let endless = Array("5\r\nxxxxx\r\n".utf8)
        let scripts: [([RawServer.Step], EgressError.Code, Int)] = [
            ([.send("b\r\ndata: one\n\n\r\n")], .truncated, 1), ([.sendEndlessly(endless)], .bodyTooLarge, 0),
        ]
        for (script, expected, count) in scripts {
            try await withRawServer { _ in
                [.readRequest, .send(head)] + script
            } _: { server in
                try await withEgress {
                    $0.eventSize = 1000
                } _: { egress in
                    let response = try await egress.send(request(server.url))
                    var seen = 0
                    let code = await code { for try await _ in egress.events(response) { seen += 1 } }
                    #expect(code == expected && seen == count)
                }
            }
        }
    }
}
