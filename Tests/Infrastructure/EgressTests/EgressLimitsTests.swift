import Egress
import HTTPTypes
import Settings
import TestKit
import Testing

@Suite("The limits of the door")
struct EgressLimitsTests {
    @Test("The defaults are those that the struct documents")
    func defaults() {
        let limits = EgressLimits(reading: SettingsReader(.empty))
        #expect(limits.allowedNetworks.isEmpty)
        #expect(limits.connectTimeout == .seconds(5) && limits.idleTimeout == .seconds(30))
        #expect(limits.connectionsPerHost == 64 && limits.breakerHosts == 1024 && limits.eventSize == 1 << 20)
        #expect(limits.breaker == CircuitBreaker.Thresholds() && limits.breaker.failures == 10)
        #expect(limits.breaker.window == .seconds(30) && limits.breaker.open == .seconds(15))
        #expect(limits.firstBackoff == .milliseconds(100))
        #expect(limits.lookupThreads == 4 && limits.lookupsWaiting == 64)
    }

    @Test("Every limit has its setting")
    func settings() {
        let reader = SettingsReader(
            .values([
                "ATELIER_EGRESS_ALLOW": "127.0.0.0/8,fd00::/8", "ATELIER_EGRESS_CONNECT_TIMEOUT": "2s",
                "ATELIER_EGRESS_CONNECTIONS": "3", "ATELIER_EGRESS_IDLE_TIMEOUT": "7s",
                "ATELIER_EGRESS_BACKOFF": "20ms",
                "ATELIER_EGRESS_BREAKER_FAILURES": "4", "ATELIER_EGRESS_BREAKER_WINDOW": "9s",
                "ATELIER_EGRESS_BREAKER_OPEN": "8s", "ATELIER_EGRESS_BREAKER_HOSTS": "11",
                "ATELIER_EGRESS_EVENT_SIZE": "64KiB", "ATELIER_EGRESS_LOOKUP_THREADS": "2",
                "ATELIER_EGRESS_LOOKUPS_WAITING": "0",
            ]))
        let limits = EgressLimits(reading: reader)
        #expect(limits.allowedNetworks == CIDR.list("127.0.0.0/8,fd00::/8"))
        #expect(limits.connectTimeout == .seconds(2) && limits.idleTimeout == .seconds(7))
        #expect(limits.connectionsPerHost == 3 && limits.breakerHosts == 11 && limits.eventSize == 64 << 10)
        #expect(
            limits.breaker.failures == 4 && limits.breaker.window == .seconds(9) && limits.breaker.open == .seconds(8))
        #expect(limits.firstBackoff == .milliseconds(20))
        #expect(limits.lookupThreads == 2 && limits.lookupsWaiting == 0)
    }

    @Test("A host gets no more connections than allowed; a call that finds none free in time is not sent")
    func connections() async throws {
        try await withRawServer { _ in
            [.readRequest, .hang]
        } _: { server in
            try await withEgress {
                $0.connectionsPerHost = 1
                $0.connectTimeout = .milliseconds(500)
            } _: { egress in
                let first = Task { try await egress.send(request(.post, server.url, body: "x")) }
                try await eventually("the first arrives") { server.received.count == 1 }
                await expect(.notSent) { try await egress.send(request(.post, server.url, body: "x")) }
                #expect(server.connections == 1)
                first.cancel()
                _ = try? await first.value
            }
        }
    }

    @Test("An unused connection is closed after the idle time")
    func idle() async throws {
        try await withRawServer { _ in
            [.readRequest, .send(okay), .hang]
        } _: { server in
            try await withEgress {
                $0.idleTimeout = .milliseconds(100)
            } _: { egress in
                _ = try await egress.send(request(server.url)).bytes()
                try await eventually("the connection ends") { server.ended == 1 }
            }
        }
    }
}
