package import NIOCore

/// One event of a stream (HTML, 9.2 Server-sent events).
package struct ServerSentEvent: Sendable {
    /// What a client sends back as `Last-Event-ID`.
    package var id: String?
    package var name: String
    /// JSON without line breaks.
    package var data: ByteBuffer
    /// The answer that is kept for repeats of the request, where this event has it.
    package var record: ByteBuffer?

    package init(id: String? = nil, name: String, data: ByteBuffer, record: ByteBuffer? = nil) {
        self.id = id
        self.name = name
        self.data = data
        self.record = record
    }

    /// The event as it goes over the wire. A line break in the data would end it, and JSON has none.
    package var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.readableBytes + name.utf8.count + 48)
        if let id {
            buffer.writeStaticString("id: ")
            buffer.writeString(id)
            buffer.writeStaticString("\n")
        }
        buffer.writeStaticString("event: ")
        buffer.writeString(name)
        buffer.writeStaticString("\ndata: ")
        buffer.writeImmutableBuffer(data)
        buffer.writeStaticString("\n\n")
        return buffer
    }
}

/// Events one after the other, on demand: nothing is produced before it can be written.
package struct EventSource: Sendable {
    /// The next event; nil at the end.
    package let next: @Sendable () async throws -> ServerSentEvent?
    /// Whether a client can go on elsewhere: such a stream ends when the process is told to stop.
    package let isResumable: Bool

    /// The elements of a stream as events. The stream ends when the reading of it is cancelled.
    package init<Element: Sendable>(
        _ stream: AsyncThrowingStream<Element, any Error>, isResumable: Bool = false,
        _ event: @escaping @Sendable (Element) async throws -> ServerSentEvent
    ) {
        self.isResumable = isResumable
        next = {
            var iterator = stream.makeAsyncIterator()
            guard let element = try await iterator.next() else { return nil }
            return try await event(element)
        }
    }
}
