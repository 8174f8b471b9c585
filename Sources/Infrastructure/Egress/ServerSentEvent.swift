/// One event of a `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html).
package struct ServerSentEvent: Sendable, Hashable {
    /// `message` when the stream names none.
    package var event: String
    /// The data lines, joined by line feeds.
    package var data: String
    /// The last id that the stream gave, with this event or before.
    package var id: String?
    /// The wait before a reconnection that came with this event, in milliseconds.
    package var retry: Int?

    package init(event: String = "message", data: String, id: String? = nil, retry: Int? = nil) {
        self.event = event
        self.data = data
        self.id = id
        self.retry = retry
    }
}

/// Reads server-sent events from bytes as they come, whatever the cuts between them.
package struct ServerSentEventParser: Sendable {
    /// Of a line, and of the data of one event, in bytes.
    private let limit: Int
    private var line: [UInt8] = []
    private var isFirstLine = true
    private var skipsLineFeed = false
    private var event = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var id: String?
    private var retry: Int?

    package init(limit: Int) { self.limit = limit }

    /// Takes the next bytes. An event that the end of the stream cuts off is never given out.
    /// - Throws: `EgressError` with `.bodyTooLarge` when a line or an event is longer than the limit.
    package mutating func feed(_ bytes: some Collection<UInt8>) throws(EgressError) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        var rest = bytes[...]
        if skipsLineFeed, let first = rest.first {
            skipsLineFeed = false
            if first == UInt8(ascii: "\n") { rest = rest.dropFirst() }
        }
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            try append(rest[..<end])
            let isReturn = rest[end] == UInt8(ascii: "\r")
            rest = rest[rest.index(after: end)...]
            if isReturn {
                if let next = rest.first {
                    if next == UInt8(ascii: "\n") { rest = rest.dropFirst() }
                } else {
                    skipsLineFeed = true
                }
            }
            if let event = try endLine() { events.append(event) }
        }
        try append(rest)
        return events
    }

    private mutating func append(_ bytes: some Collection<UInt8>) throws(EgressError) {
        guard line.count + bytes.count <= limit else { throw tooLong("line") }
        line += bytes
    }

    private mutating func endLine() throws(EgressError) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        var content = line[...]
        if isFirstLine {
            isFirstLine = false
            if content.starts(with: [0xef, 0xbb, 0xbf]) { content = content.dropFirst(3) }
        }
        if content.isEmpty { return dispatch() }
        let colon = content.firstIndex(of: UInt8(ascii: ":"))
        let name = content[..<(colon ?? content.endIndex)]
        var value = colon.map { content[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: name, as: UTF8.self) {
        case "data":
            guard data.count + value.count < limit else { throw tooLong("event") }
            if hasData { data.append(UInt8(ascii: "\n")) }
            data += value
            hasData = true
        case "event":
            event = String(decoding: value, as: UTF8.self)
        case "id":
            if !value.contains(0) { id = value.isEmpty ? nil : String(decoding: value, as: UTF8.self) }
        case "retry":
            let isNumber = !value.isEmpty && value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            if isNumber { retry = Int(String(decoding: value, as: UTF8.self)) }
        default:
            break  // a comment (empty name), or a field that the format doesn't know
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            event = ""
            data.removeAll(keepingCapacity: true)
            hasData = false
            retry = nil
        }
        guard hasData else { return nil }
        return ServerSentEvent(
            event: event.isEmpty ? "message" : event, data: String(decoding: data, as: UTF8.self), id: id, retry: retry)
    }

    private func tooLong(_ what: String) -> EgressError {
        EgressError(.bodyTooLarge, "a \(what) of the event stream exceeds \(limit) bytes")
    }
}
