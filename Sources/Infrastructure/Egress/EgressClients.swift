import AsyncHTTPClient
import NIOCore
import NIOPosix
import Synchronization

/// The clients behind the door: one for addresses that the operator named, one for those that others named.
///
/// They share no connection, so that no call to a foreign address can travel on a connection that was never inspected,
/// and no event loop: a loop looks up one name after another, and a name that a tenant chose may be slow. Each is made
/// when it is first needed.
final class EgressClients: Sendable {
    private struct State {
        var clients: [EgressTrust: HTTPClient] = [:]
        /// The event loop of foreign calls.
        var foreignGroup: MultiThreadedEventLoopGroup?
        var isShutDown = false
    }

    private let limits: EgressLimits
    private let eventLoopGroup: any EventLoopGroup
    private let state = Mutex(State())

    init(limits: EgressLimits, eventLoopGroup: any EventLoopGroup) {
        self.limits = limits
        self.eventLoopGroup = eventLoopGroup
    }

    /// - Throws: `EgressError` with `.notSent` after the shutdown.
    func client(for trust: EgressTrust) throws(EgressError) -> HTTPClient {
        let client = state.withLock { state -> HTTPClient? in
            guard !state.isShutDown else { return nil }
            if let client = state.clients[trust] { return client }
            var group = eventLoopGroup
            if trust == .foreign {
                let own = MultiThreadedEventLoopGroup(numberOfThreads: 1)
                state.foreignGroup = own
                group = own
            }
            let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration(for: trust))
            state.clients[trust] = client
            return client
        }
        guard let client else { throw EgressError(.notSent, "the program is stopping") }
        return client
    }

    /// Fails what is under way and closes all connections.
    func shutdown() async {
        let last = state.withLock { state in
            state.isShutDown = true
            defer {
                state.clients = [:]
                state.foreignGroup = nil
            }
            return state
        }
        for client in last.clients.values { try? await client.shutdown() }
        try? await last.foreignGroup?.shutdownGracefully()
    }

    private func configuration(for trust: EgressTrust) -> HTTPClient.Configuration {
        var pool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: TimeAmount(limits.idleTimeout),
            concurrentHTTP1ConnectionsPerHostSoftLimit: limits.connectionsPerHost)
        // Attempts are counted here, where it is known whether another one is allowed.
        pool.retryConnectionEstablishment = false
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(limits.connectTimeout)),
            connectionPool: pool, decompression: .disabled)
        configuration.httpVersion = .automatic
        // No tracer is ever set up in this process; a span that goes nowhere isn't free.
        configuration.tracing.tracer = nil
        configuration.http1_1ConnectionDebugInitializer = FlushOnce.install
        if trust == .foreign {
            let inspector = EgressGuard(allowedNetworks: limits.allowedNetworks)
            configuration.http1_1ConnectionDebugInitializer = inspector.inspect
            configuration.http2ConnectionDebugInitializer = inspector.inspect
        }
        return configuration
    }
}
