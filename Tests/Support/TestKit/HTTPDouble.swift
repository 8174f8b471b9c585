import NIOCore
import NIOHTTP1
import Synchronization

/// An HTTP/1.1 server on a free port of 127.0.0.1 that answers as a closure says and keeps every request.
package final class HTTPDouble: Sendable {
    package struct Request: Sendable {
        package var method: String
        /// Without the query.
        package var path: String
        /// Without the question mark; empty when there is none.
        package var query: String
        package var headers: [(name: String, value: String)]
        package var body: [UInt8]
        /// The index of the connection, from 0.
        package var connection: Int

        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The first header of that name, whatever its case.
        package func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// What happens after the head of the answer.
    package enum Step: Sendable {
        case bytes([UInt8])
        case pause(Duration)
        /// Ends the connection with a FIN, whatever was announced.
        case close
        /// Ends the connection with a RST.
        case reset
        /// Keeps quiet until the other side goes.
        case hang
    }

    /// The answer. Without a `Content-Length` of its own it gets the right one when its steps are bytes only, and is
    /// sent in chunks otherwise.
    package struct Reply: Sendable {
        /// 0: no head is sent.
        package var status: Int
        package var headers: [(name: String, value: String)]
        package var steps: [Step]
        /// How long the head is held back.
        package var delay: Duration

        package init(
            _ status: Int, headers: [(name: String, value: String)] = [], steps: [Step] = [], delay: Duration = .zero
        ) {
            self.status = status
            self.headers = headers
            self.steps = steps
            self.delay = delay
        }

        package init(_ status: Int, headers: [(name: String, value: String)] = [], text: String) {
            self.init(status, headers: headers, steps: [.bytes(Array(text.utf8))])
        }

        package init(_ status: Int, headers: [(name: String, value: String)] = [], json: String) {
            self.init(status, headers: [("Content-Type", "application/json")] + headers, text: json)
        }

        /// No answer until the other side goes.
        package static var hang: Reply { Reply(0, steps: [.hang]) }
        /// A RST after the request was read.
        package static var reset: Reply { Reply(0, steps: [.reset]) }
    }

    private typealias Acceptor = SocketAcceptor<HTTPServerRequestPart, HTTPServerResponsePart>
    package typealias Handler = @Sendable (Request) async -> Reply

    private struct State {
        var requests: [Request] = []
        var connections = 0
        var handler: Handler
    }

    private let state: Mutex<State>
    private let acceptor: Acceptor

    package var host: String { acceptor.host }
    package var port: Int { acceptor.port }
    /// `http://127.0.0.1:PORT`
    package var url: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    /// All requests so far, in the order in which they were complete.
    package var requests: [Request] { state.withLock { $0.requests } }
    /// How many connections were accepted.
    package var connections: Int { state.withLock { $0.connections } }

    private init(_ acceptor: Acceptor, handler: @escaping Handler) {
        self.acceptor = acceptor
        self.state = Mutex(State(handler: handler))
    }

    /// - Parameter port: 0 for a free one.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, handler: @escaping Handler
    ) async throws -> HTTPDouble {
        let acceptor = try await Acceptor.bind(host: host, port: port, halfClosure: false) {
            try $0.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
        }
        let double = HTTPDouble(acceptor, handler: handler)
        acceptor.run { connection in
            let index = double.state.withLock { state in
                state.connections += 1
                return state.connections - 1
            }
            try? await double.serve(connection, index: index)
        }
        return double
    }

    /// Closes the port and all connections.
    package func stop() async { await acceptor.stop() }

    /// Answers otherwise from now on.
    package func handle(_ handler: @escaping Handler) {
        state.withLock { $0.handler = handler }
    }

    private func serve(_ connection: Acceptor.Connection, index: Int) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var incoming = inbound.makeAsyncIterator()
            while case .head(let head)? = try await incoming.next() {
                var body: [UInt8] = []
                while case .body(var part)? = try await incoming.next() {
                    body += part.readBytes(length: part.readableBytes) ?? []
                }
                let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
                let request = Request(
                    method: head.method.rawValue, path: String(target.first ?? ""),
                    query: target.count > 1 ? String(target[1]) : "",
                    headers: head.headers.map { ($0.name, $0.value) }, body: body, connection: index)
                let handler = state.withLock { state in
                    state.requests.append(request)
                    return state.handler
                }
                let reply = await handler(request)
                if reply.delay > .zero { try await Task.sleep(for: reply.delay) }
                if reply.status != 0 {
                    try await outbound.write(.head(responseHead(of: reply, isHead: head.method == .HEAD)))
                }
                for step in reply.steps {
                    switch step {
                    case .bytes(let bytes):
                        if head.method != .HEAD {
                            try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
                        }
                    case .pause(let time):
                        try await Task.sleep(for: time)
                    case .close:
                        return
                    case .reset:
                        return try await connection.channel.reset()
                    case .hang:
                        while try await incoming.next() != nil {}
                        return
                    }
                }
                guard reply.status != 0 else { return }
                try await outbound.write(.end(nil))
                guard head.isKeepAlive else { return }
            }
        }
    }

    private func responseHead(of reply: Reply, isHead: Bool) -> HTTPResponseHead {
        var fields = HTTPHeaders(reply.headers.map { ($0.name, $0.value) })
        let sizes = reply.steps.map { step -> Int? in
            guard case .bytes(let bytes) = step else { return nil }
            return bytes.count
        }
        let bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304
        if !fields.contains(name: "Content-Length"), !fields.contains(name: "Transfer-Encoding"), !bodiless,
            !sizes.contains(nil)
        {
            fields.add(name: "Content-Length", value: String(sizes.reduce(0) { $0 + ($1 ?? 0) }))
        }
        return HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status), headers: fields)
    }
}

/// Runs `body` with a double that is stopped afterwards.
package func withHTTPDouble<Result>(
    host: String = "127.0.0.1", handler: @escaping HTTPDouble.Handler, _ body: (HTTPDouble) async throws -> Result
) async throws -> Result {
    let double = try await HTTPDouble.start(host: host, handler: handler)
    do {
        let result = try await body(double)
        await double.stop()
        return result
    } catch {
        await double.stop()
        throw error
    }
}
