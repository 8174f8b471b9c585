import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Looks names up on a few threads of its own, so that a slow name holds up no event loop.
///
/// The system's lookup can't be stopped. A caller whose deadline passes goes away; the thread comes back later. What
/// waits for a thread is bounded.
final class NameLookup: Sendable {
    /// All addresses of a name; blocks. Throws `EgressError` with `.notSent` when it has none.
    typealias Function = @Sendable (String) throws -> [IPAddress]

    private struct State {
        /// Made when it is first needed.
        var pool: NIOThreadPool?
        /// Lookups that wait or run, those that no one waits for any more included.
        var pending = 0
        var isShutDown = false
    }

    private let function: Function
    private let threads: Int
    private let capacity: Int
    private let eventLoopGroup: any EventLoopGroup
    private let state = Mutex(State())

    init(limits: EgressLimits, eventLoopGroup: any EventLoopGroup, function: @escaping Function) {
        self.function = function
        self.threads = limits.lookupThreads
        self.capacity = limits.lookupThreads + limits.lookupsWaiting
        self.eventLoopGroup = eventLoopGroup
    }

    /// - Throws: `EgressError` with `.notSent` when the name has no address, none is known in time, too many wait, or
    ///   after the shutdown; `CancellationError`.
    func addresses(of host: String, until deadline: NIODeadline) async throws -> [IPAddress] {
        let pool = try enter()
        let eventLoop = eventLoopGroup.next()
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let timer = eventLoop.scheduleTask(deadline: deadline) {
            promise.fail(EgressError(.notSent, "the name was not found in time"))
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        pool.submit { [self] work in
            defer { state.withLock { $0.pending -= 1 } }
            guard work == .active else { return promise.fail(Self.stopping) }
            guard NIODeadline.now() < deadline else { return }
            promise.completeWith(Result { try function(host) })
        }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    /// Fails what waits for a thread. Doesn't wait for lookups that run.
    func shutdown() {
        let pool = state.withLock { state in
            state.isShutDown = true
            defer { state.pool = nil }
            return state.pool
        }
        pool?.shutdownGracefully { _ in }
    }

    private func enter() throws(EgressError) -> NIOThreadPool {
        let (pool, isShutDown) = state.withLock { state -> (NIOThreadPool?, Bool) in
            guard !state.isShutDown, state.pending < capacity else { return (nil, state.isShutDown) }
            state.pending += 1
            if let pool = state.pool { return (pool, false) }
            let pool = NIOThreadPool(numberOfThreads: threads)
            pool.start()
            state.pool = pool
            return (pool, false)
        }
        guard let pool else {
            throw isShutDown ? Self.stopping : EgressError(.notSent, "too many names are being looked up")
        }
        return pool
    }

    private static let stopping = EgressError(.notSent, "the program is stopping")

    /// The lookup of the system.
    @Sendable
    static func system(_ host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        var addresses: [IPAddress] = []
        var next = status == 0 ? list : nil
        while let entry = next {
            if let address = IPAddress(entry.pointee) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw EgressError(.notSent, "the name has no address") }
        return addresses
    }
}

extension IPAddress {
    /// - Returns: nil for what is neither IPv4 nor IPv6.
    fileprivate init?(_ entry: addrinfo) {
        guard let start = entry.ai_addr else { return nil }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(entry.ai_addrlen))
        switch entry.ai_family {
        case AF_INET where bytes.count >= 8: self.init(bytes: Array(bytes[4..<8]))
        case AF_INET6 where bytes.count >= 24: self.init(bytes: Array(bytes[8..<24]))
        default: return nil
        }
    }
}
