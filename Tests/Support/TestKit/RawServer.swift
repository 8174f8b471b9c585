import NIOCore
import Synchronization

/// A TCP server on a free port of 127.0.0.1 whose connections follow a script: for what a decent HTTP server never
/// does.
package final class RawServer: Sendable {
    /// What a connection does next. At the end of its script it closes.
    package enum Step: Sendable {
        /// Reads one request: its head, and as much body as its `Content-Length` says.
        case readRequest
        /// Reads the head of a request and leaves the body.
        case readHead
        case pause(Duration)
        case send(String)
        case sendBytes([UInt8])
        /// Sends these bytes again and again until the other side goes.
        case sendEndlessly([UInt8], every: Duration = .zero)
        /// Closes the sending half (FIN) and goes on.
        case closeOutput
        /// Closes with a RST.
        case reset
        /// Keeps quiet until the other side goes or the server stops.
        case hang
    }

    private struct Record {
        var connections = 0
        var received: [[UInt8]] = []
        var sent = 0
        var ended = 0
    }

    private let record = Mutex(Record())
    private let acceptor: SocketAcceptor<ByteBuffer, ByteBuffer>

    package var host: String { acceptor.host }
    package var port: Int { acceptor.port }
    /// `http://127.0.0.1:PORT`
    package var url: String { "http://\(host):\(port)" }
    /// How many connections were accepted.
    package var connections: Int { record.withLock { $0.connections } }
    /// How many connections have ended.
    package var ended: Int { record.withLock { $0.ended } }
    /// What each request step read, in the order of reading.
    package var received: [[UInt8]] { record.withLock { $0.received } }
    /// How many bytes were handed to the sockets.
    package var sent: Int { record.withLock { $0.sent } }

    private init(_ acceptor: SocketAcceptor<ByteBuffer, ByteBuffer>) { self.acceptor = acceptor }

    /// - Parameter script: what the connection of that index, from 0, does.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, script: @escaping @Sendable (_ connection: Int) -> [Step]
    ) async throws -> RawServer {
        let acceptor = try await SocketAcceptor<ByteBuffer, ByteBuffer>.bind(host: host, port: port, halfClosure: true)
        let server = RawServer(acceptor)
        acceptor.run { connection in
            let index = server.record.withLock { record in
                record.connections += 1
                return record.connections - 1
            }
            try? await server.follow(script(index), on: connection)
            server.record.withLock { $0.ended += 1 }
        }
        return server
    }

    /// Closes the port and all connections.
    package func stop() async { await acceptor.stop() }

    private func follow(_ script: [Step], on connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var incoming = inbound.makeAsyncIterator()
            var surplus: [UInt8] = []
            for step in script {
                switch step {
                case .readRequest, .readHead:
                    var body = true
                    if case .readHead = step { body = false }
                    let read = try await Self.readRequest(from: &incoming, surplus: &surplus, body: body)
                    record.withLock { $0.received.append(read) }
                case .pause(let time):
                    try await Task.sleep(for: time)
                case .send(let text):
                    try await send(Array(text.utf8), to: outbound)
                case .sendBytes(let bytes):
                    try await send(bytes, to: outbound)
                case .sendEndlessly(let bytes, let interval):
                    try await sendEndlessly(bytes, every: interval, to: outbound, on: connection.channel.eventLoop)
                case .closeOutput:
                    outbound.finish()
                case .reset:
                    try await connection.channel.reset()
                case .hang:
                    while try await incoming.next() != nil {}
                }
            }
        }
    }

    private func sendEndlessly(
        _ bytes: [UInt8], every interval: Duration, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        on eventLoop: any EventLoop
    ) async throws {
        let isPaced = interval > .zero
        let count = isPaced ? 1 : max(Self.leastBurst / max(bytes.count, 1), 1)
        let burst = Array(repeatElement(bytes, count: count).joined())
        while !Task.isCancelled {
            try await send(burst, to: outbound)
            // An event loop runs what it was handed before it looks at its sockets again. A task that hands it write
            // after write would keep all others of that loop waiting.
            if isPaced { try await Task.sleep(for: interval) } else { try await eventLoop.submit {}.get() }
        }
    }

    /// What is sent at once when it is sent without a pause, in bytes.
    private static let leastBurst = 16 << 10

    private func send(_ bytes: [UInt8], to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
        record.withLock { $0.sent += bytes.count }
    }

    private static func readRequest(
        from incoming: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, surplus: inout [UInt8], body: Bool
    ) async throws -> [UInt8] {
        let blank = Array("\r\n\r\n".utf8)
        while true {
            if let end = surplus.indices.first(where: { surplus[$0...].starts(with: blank) }) {
                let head = String(decoding: surplus[..<end], as: UTF8.self).lowercased()
                let announced = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                let length = announced.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
                let whole = end + blank.count + (body ? length : 0)
                if surplus.count >= whole {
                    defer { surplus.removeFirst(whole) }
                    return Array(surplus[..<whole])
                }
            }
            guard var chunk = try await incoming.next() else { throw ChannelError.eof }
            surplus += chunk.readBytes(length: chunk.readableBytes) ?? []
        }
    }
}

/// Runs `body` with a server that is stopped afterwards.
package func withRawServer<Result>(
    host: String = "127.0.0.1", script: @escaping @Sendable (_ connection: Int) -> [RawServer.Step],
    _ body: (RawServer) async throws -> Result
) async throws -> Result {
    let server = try await RawServer.start(host: host, script: script)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}
