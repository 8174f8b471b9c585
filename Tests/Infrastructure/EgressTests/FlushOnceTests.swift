import Egress
import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization
import TestKit
import Testing

@Suite("What goes to the socket at once")
struct FlushOnceTests {
    @Test("the head of a request and a short body go out together")
    func together() async throws {
        let server = try await ReadingServer.start()
        // On one event loop, the hand-over between two can't come between.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await withEgress(eventLoopGroup: group) { egress in
            for _ in 0..<3 {
                let response = try await egress.send(
                    request(.post, "http://127.0.0.1:\(server.port)/", body: #"{"tea":true}"#))
                #expect(try await response.bytes().isEmpty)
            }
        }
        try await group.shutdownGracefully()
        try await server.stop()
        let reads = server.reads.withLock { $0 }
        #expect(reads.count == 3)
        for read in reads { #expect(read.hasPrefix("POST / HTTP/1.1\r\n") && read.hasSuffix(#"{"tea":true}"#)) }
    }

    @Test("a body of several pieces of the network's size arrives whole")
    func long() async throws {
        let server = try await ReadingServer.start()
        let body = String(repeating: "0123456789", count: 100_000)
        try await withEgress { egress in
            let response = try await egress.send(request(.post, "http://127.0.0.1:\(server.port)/", body: body))
            #expect(response.status == 200)
        }
        try await server.stop()
        #expect(server.reads.withLock { $0.joined() }.hasSuffix(body))
    }
}

/// Notes what each read brings; answers when the body is whole.
private final class ReadingServer: Sendable {
    let reads = Mutex<[String]>([])
    private let channel = Mutex<(any Channel)?>(nil)

    static func start() async throws -> ReadingServer {
        let server = ReadingServer()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answerer(server: server))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.channel.withLock { $0 = channel }
        return server
    }

    var port: Int { channel.withLock { $0?.localAddress?.port } ?? 0 }

    func stop() async throws { try await channel.withLock { $0 }?.close() }

    private final class Answerer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: ReadingServer
        private var text = ""

        init(server: ReadingServer) { self.server = server }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let read = String(buffer: unwrapInboundIn(data))
            server.reads.withLock { $0.append(read) }
            text += read
            guard let end = text.firstRange(of: "\r\n\r\n"), let length = length(text[..<end.lowerBound]),
                text[end.upperBound...].utf8.count == length
            else { return }
            text = ""
            let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }

        private func length(_ head: Substring) -> Int? {
            let line = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            return line.flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
        }
    }
}
