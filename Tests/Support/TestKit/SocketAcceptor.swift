import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Listens on a port and runs a closure for each connection: what the doubles have in common.
///
/// It holds each connection from its first moment until it is served. One that comes while the port closes is handed to
/// no one, and NIO ends the program when such a connection is let go of without having been closed.
final class SocketAcceptor<Inbound: Sendable, Outbound: Sendable>: Sendable {
    typealias Connection = NIOAsyncChannel<Inbound, Outbound>

    private struct State {
        var unserved: [ObjectIdentifier: Connection] = [:]
        var isStopped = false
        var work: Task<Void, Never>?
    }

    private final class Record: Sendable {
        let state = Mutex(State())
    }

    let host: String
    let port: Int
    private let listener: NIOAsyncChannel<Connection, Never>
    private let record: Record

    private init(host: String, listener: NIOAsyncChannel<Connection, Never>, record: Record) {
        self.host = host
        self.port = listener.channel.localAddress?.port ?? 0
        self.listener = listener
        self.record = record
    }

    /// - Parameters:
    ///   - port: 0 for a free one.
    ///   - halfClosure: whether a connection whose other side has finished can still be written to.
    ///   - prepare: puts the handlers of the protocol in place.
    static func bind(
        host: String, port: Int, halfClosure: Bool,
        prepare: @escaping @Sendable (any Channel) throws -> Void = { _ in }
    ) async throws -> SocketAcceptor {
        let record = Record()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: halfClosure)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try prepare(channel)
                    return try record.state.withLock { state in
                        guard !state.isStopped else { throw ChannelError.ioOnClosedChannel }
                        let connection = try Connection(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(isOutboundHalfClosureEnabled: halfClosure))
                        state.unserved[ObjectIdentifier(channel)] = connection
                        return connection
                    }
                }
            }
        return SocketAcceptor(host: host, listener: listener, record: record)
    }

    /// Serves each connection in a task of its own, until the stop.
    func run(_ serve: @escaping @Sendable (Connection) async -> Void) {
        let work = Task { [listener, record] () async -> Void in
            try? await listener.executeThenClose { accepted in
                await withDiscardingTaskGroup { group in
                    do {
                        for try await connection in accepted {
                            record.state.withLock { _ = $0.unserved.removeValue(forKey: .init(connection.channel)) }
                            group.addTask { await serve(connection) }
                        }
                    } catch {}
                    group.cancelAll()
                }
            }
        }
        record.state.withLock { $0.work = work }
    }

    /// Closes the port and all connections.
    func stop() async {
        let work = record.state.withLock { state in
            state.isStopped = true
            defer { state.work = nil }
            return state.work
        }
        try? await listener.channel.close()
        work?.cancel()
        await work?.value
        let unserved = record.state.withLock { state in
            defer { state.unserved = [:] }
            return Array(state.unserved.values)
        }
        for connection in unserved { try? await connection.executeThenClose { _, _ in } }
    }
}

extension Channel {
    /// Closes with a RST instead of a FIN.
    func reset() async throws {
        if let socket = self as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        try await close()
    }
}
