import Glibc
import HTTPTypes
import NIOCore
import NIOPosix
import Synchronization
import TestKit
import Testing

@testable import Egress

@Suite("The lookup of names")
struct NameLookupTests {
    /// Lookups that stay away until they are let go.
    private final class Gate: Sendable {
        private let state = Mutex((isOpen: false, entered: 0))

        var entered: Int { state.withLock { $0.entered } }

        func open() { state.withLock { $0.isOpen = true } }

        /// For a thread of the pool, which may block.
        func pass(_ host: String) -> [IPAddress] {
            state.withLock { $0.entered += 1 }
            while !state.withLock({ $0.isOpen }) { usleep(1000) }
            return [IPAddress(four: [1, 1, 1, 1])]
        }
    }

    private func withLookup(
        threads: Int, waiting: Int, _ function: @escaping NameLookup.Function,
        _ body: (NameLookup) async throws -> Void
    ) async throws {
        var limits = EgressLimits()
        limits.lookupThreads = threads
        limits.lookupsWaiting = waiting
        let lookup = NameLookup(
            limits: limits, eventLoopGroup: .singletonMultiThreadedEventLoopGroup, function: function)
        defer { lookup.shutdown() }
        try await body(lookup)
    }

    private var later: NIODeadline { .now() + TimeAmount(patience) }

    @Test("The system knows localhost, and no name under .invalid")
    func system() throws {
        let addresses = try NameLookup.system("localhost")
        #expect(!addresses.isEmpty && addresses.allSatisfy { !PublicAddress.isPublic($0) })
        #expect(throws: EgressError.self) { try NameLookup.system("nowhere.invalid") }
    }

    @Test("A lookup that takes too long is not sent at the connect deadline, and nothing else waits for it")
    func slow() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200)
        } _: { server in
            try await withEgress(lookup: gate.pass) { egress in
                let call = request(
                    .post, "http://slow.invalid/", body: "x", trust: .foreign, connect: .milliseconds(50))
                await expect(.notSent) { try await egress.send(call) }
                let configured = "http://localhost:\(server.port)/"
                try await expectEqual(200) { try await egress.send(request(configured)).status }
            }
        }
    }

    @Test("No more lookups run and wait than allowed, those that were given up included")
    func bounded() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await withLookup(threads: 2, waiting: 1, gate.pass) { lookup in
            let deadline = later
            async let first = lookup.addresses(of: "x", until: deadline)
            async let second = lookup.addresses(of: "x", until: deadline)
            try await eventually("both threads are taken") { gate.entered == 2 }
            await expect(.notSent) { try await lookup.addresses(of: "x", until: .now() + .milliseconds(20)) }
            do {
                _ = try await lookup.addresses(of: "x", until: later)
                Issue.record("no error")
            } catch let error as EgressError {
                #expect(error.code == .notSent && error.detail.contains("too many"))
            }
            gate.open()
            _ = try await (first, second)
            try await eventually("there is room again") {
                (try? await lookup.addresses(of: "x", until: later)) != nil
            }
            // What no one waits for any more isn't looked up.
            #expect(gate.entered == 3)
        }
    }

    @Test("A cancelled caller doesn't wait; after the shutdown nothing is looked up")
    func given() async throws {
        let gate = Gate()
        defer { gate.open() }
        try await withLookup(threads: 1, waiting: 5, gate.pass) { lookup in
            let deadline = later
            let caller = Task { try await lookup.addresses(of: "x", until: deadline) }
            try await eventually("the lookup runs") { gate.entered == 1 }
            let waiting = Task { await code { try await lookup.addresses(of: "y", until: deadline) } }
            caller.cancel()
            await #expect(throws: CancellationError.self) { _ = try await caller.value }
            lookup.shutdown()
            await expect(.notSent) { try await lookup.addresses(of: "z", until: deadline) }
            gate.open()
            #expect(await waiting.value == .notSent)
            #expect(gate.entered == 1)
        }
    }
}
