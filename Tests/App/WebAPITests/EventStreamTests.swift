import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TestKit
import Testing
import WebAPI

@Suite("The event stream writer")
struct EventStreamTests {
    /// Keeps what is written.
    private final class Sink: Sendable {
        let text = Mutex("")
    }

    private struct SinkWriter: ResponseBodyWriter {
        var sink: Sink
        var failsAfter = Int.max

        mutating func write(_ buffer: ByteBuffer) async throws {
            failsAfter -= 1
            if failsAfter < 0 { throw ChannelError.ioOnClosedChannel }
            sink.text.withLock { $0 += String(buffer: buffer) }
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }

    private struct Broken: Error {}

    private func run(
        _ source: EventSource, heartbeat: Duration = .seconds(60), failsAfter: Int = .max
    ) async throws -> String {
        let sink = Sink()
        var writer: any ResponseBodyWriter = SinkWriter(sink: sink, failsAfter: failsAfter)
        try await EventStreamWriter(heartbeat: heartbeat).write(
            source, to: &writer, failure: { _ in ServerSentEvent(name: "error", data: ByteBuffer(string: "{}")) },
            onEvent: { _ in })
        return sink.text.withLock { $0 }
    }

    private func stream(_ count: Int, ending: (any Error)? = nil) -> EventSource {
        let (stream, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        for number in 0..<count { continuation.yield(number) }
        continuation.finish(throwing: ending)
        return EventSource(stream) {
            ServerSentEvent(id: "\($0)", name: "n", data: ByteBuffer(string: "{\"n\":\($0)}"))
        }
    }

    @Test("writes id, name and data of each event, in order")
    func events() async throws {
        #expect(
            try await run(stream(2)) == "id: 0\nevent: n\ndata: {\"n\":0}\n\nid: 1\nevent: n\ndata: {\"n\":1}\n\n")
    }

    @Test("tells an error as the last event")
    func failure() async throws {
        #expect(try await run(stream(1, ending: Broken())).hasSuffix("event: error\ndata: {}\n\n"))
    }

    @Test("writes comments while nothing comes")
    func heartbeat() async throws {
        let (events, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        let sink = Sink()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var writer: any ResponseBodyWriter = SinkWriter(sink: sink)
                try await EventStreamWriter(heartbeat: .milliseconds(10)).write(
                    EventSource(events) { ServerSentEvent(name: "n", data: ByteBuffer(string: "\($0)")) }, to: &writer,
                    failure: { _ in ServerSentEvent(name: "error", data: ByteBuffer()) }, onEvent: { _ in })
            }
            try await eventually("two comments") {
                sink.text.withLock { $0.split(separator: "\n\n").filter { $0 == ": keep-alive" }.count >= 2 }
            }
            continuation.yield(5)
            continuation.finish()
            try await group.waitForAll()
        }
        #expect(sink.text.withLock { $0.hasSuffix("event: n\ndata: 5\n\n") })
    }

    @Test("stops the producer when the client is gone")
    func disconnect() async throws {
        let (events, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        let isStopped = Mutex(false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            continuation.onTermination = { _ in isStopped.withLock { $0 = true } }
            for number in 0..<3 { continuation.yield(number) }
            let source = EventSource(events) { ServerSentEvent(name: "n", data: ByteBuffer(string: "\($0)")) }
            await #expect(throws: ChannelError.self) {
                _ = try await run(source, heartbeat: .milliseconds(5), failsAfter: 3)
            }
            try await group.waitForAll()
        }
        try await eventually("the producer stops") { isStopped.withLock { $0 } }
    }
}
