import NIOCore
import Synchronization

/// Reads the events out of a body, chunk by chunk, as they are asked for.
final class EventReader: Sendable {
    private struct State {
        var parser: ServerSentEventParser
        var ready: ArraySlice<ServerSentEvent> = []
    }

    private let body: AsyncThrowingStream<ByteBuffer, any Error>
    private let state: Mutex<State>

    init(_ body: AsyncThrowingStream<ByteBuffer, any Error>, parser: ServerSentEventParser) {
        self.body = body
        self.state = Mutex(State(parser: parser))
    }

    /// - Returns: nil at the end of the body.
    func next() async throws -> ServerSentEvent? {
        // Iterators of one such stream share its place.
        var chunks = body.makeAsyncIterator()
        while true {
            if let event = state.withLock({ $0.ready.popFirst() }) { return event }
            guard let chunk = try await chunks.next() else { return nil }
            try state.withLock { $0.ready = try $0.parser.feed(chunk.readableBytesView)[...] }
        }
    }
}
