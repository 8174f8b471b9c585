import HTTPTypes
import TestKit
import Testing
import Vocabulary

@testable import Egress

@Suite("The breaker of a host")
struct CircuitBreakerTests {
    private let start = Timestamp(seconds: 1_000_000)

    private func breaker(failures: Int = 10) -> CircuitBreaker {
        var thresholds = CircuitBreaker.Thresholds()
        thresholds.failures = failures
        return CircuitBreaker(thresholds)
    }

    /// Makes a call that is let through.
    private func call(_ breaker: inout CircuitBreaker, _ outcome: CircuitBreaker.Outcome, at now: Timestamp) throws {
        guard case .go(let permit) = breaker.admit(at: now) else {
            Issue.record("refused")
            return
        }
        breaker.record(outcome, permit, at: now)
    }

    @Test("Ten failures in the window open it, nine don't")
    func opens() throws {
        var breaker = breaker()
        for _ in 0..<9 { try call(&breaker, .failure, at: start) }
        #expect(breaker.state == .closed)
        try call(&breaker, .failure, at: start)
        #expect(breaker.state == .open(until: start + .seconds(15)))
        #expect(breaker.admit(at: start + .seconds(5)) == .refused(retryAfter: .seconds(10)))
    }

    @Test("Failures that are less than half of the calls don't open it")
    func rate() throws {
        var breaker = breaker()
        for _ in 0..<20 { try call(&breaker, .success, at: start) }
        for _ in 0..<19 { try call(&breaker, .failure, at: start) }
        #expect(breaker.state == .closed)
        try call(&breaker, .failure, at: start)
        #expect(breaker.state != .closed)
    }

    @Test("Failures outside the window are forgotten")
    func window() throws {
        var breaker = breaker()
        for _ in 0..<9 { try call(&breaker, .failure, at: start) }
        try call(&breaker, .failure, at: start + .seconds(31))
        #expect(breaker.state == .closed)
        #expect(!breaker.isQuiet(at: start + .seconds(31)) && breaker.isQuiet(at: start + .seconds(70)))
    }

    @Test("Slow drips of failures, one in four seconds, never fill the window")
    func drip() throws {
        var breaker = breaker()
        for step in 0..<200 { try call(&breaker, .failure, at: start + .seconds(step * 4)) }
        #expect(breaker.state == .closed)
    }

    @Test("After its time one call goes; its success closes, its failure opens again")
    func halfOpen() throws {
        for outcome in [CircuitBreaker.Outcome.success, .failure] {
            var breaker = breaker(failures: 1)
            try call(&breaker, .failure, at: start)
            let later = start + .seconds(15)
            guard case .go(let probe) = breaker.admit(at: later) else {
                Issue.record("no probe")
                return
            }
            #expect(breaker.admit(at: later) == .refused(retryAfter: .seconds(15)))
            breaker.record(outcome, probe, at: later + .seconds(1))
            #expect(breaker.state == (outcome == .success ? .closed : .open(until: later + .seconds(16))))
        }
    }

    @Test("A probe that was given up makes way for another at once; one that never ends, after a while")
    func lostProbe() throws {
        var breaker = breaker(failures: 1)
        try call(&breaker, .failure, at: start)
        let later = start + .seconds(20)
        try call(&breaker, .neutral, at: later)
        guard case .go = breaker.admit(at: later) else {
            Issue.record("no second probe")
            return
        }
        guard case .refused = breaker.admit(at: later + .seconds(14)) else {
            Issue.record("two probes")
            return
        }
        try call(&breaker, .success, at: later + .seconds(15))
        #expect(breaker.state == .closed)
    }

    @Test("Outcomes of calls from before it opened don't count afterwards")
    func lateOutcomes() throws {
        var breaker = breaker(failures: 1)
        guard case .go(let early) = breaker.admit(at: start) else { return }
        try call(&breaker, .failure, at: start)
        breaker.record(.success, early, at: start)
        #expect(breaker.state == .open(until: start + .seconds(15)))
        guard case .go = breaker.admit(at: start + .seconds(15)) else { return }
        breaker.record(.success, early, at: start + .seconds(15))
        #expect(breaker.state != .closed)
    }

    @Test("Neutral outcomes don't count")
    func neutral() throws {
        var breaker = breaker(failures: 1)
        for _ in 0..<50 { try call(&breaker, .neutral, at: start) }
        #expect(breaker.state == .closed && breaker.isQuiet(at: start))
    }

    @Test("No more breakers are kept than allowed; quiet ones go first, then those unused the longest")
    func capacity() throws {
        var thresholds = CircuitBreaker.Thresholds()
        thresholds.failures = 1
        let breakers = CircuitBreakers(thresholds, capacity: 3)
        func fail(_ origin: String, at now: Timestamp) {
            guard case .go(let permit) = breakers.admit(origin, at: now) else { return }
            breakers.record(.failure, permit, origin, at: now)
        }
        for number in 0..<3 { fail("bad\(number)", at: start + .seconds(number)) }
        let now = start + .seconds(3)
        _ = breakers.admit("good0", at: now)
        #expect(breakers.count == 3)
        for number in 1..<50 { _ = breakers.admit("good\(number)", at: now) }
        #expect(breakers.count <= 3)
        guard case .refused = breakers.admit("bad2", at: now) else {
            Issue.record("an open breaker made way for a quiet one")
            return
        }
    }

    @Test("For real: a host that keeps failing isn't called, and is again when it has recovered")
    func forReal() async throws {
        let clock = TestClock()
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(500)
        } _: { server in
            try await withEgress(
                { limits in
                    limits.breaker.failures = 3
                    limits.breaker.open = .seconds(15)
                }, surroundings: clock.surroundings
            ) { egress in
                for _ in 0..<3 {
                    try await expectEqual(500) { try await egress.send(request(.post, server.url, body: "x")).status }
                }
                do {
                    _ = try await egress.send(request(.post, server.url, body: "x"))
                    Issue.record("called")
                } catch let error as EgressError {
                    #expect(error.code == .circuitOpen && error.retryAfter == .seconds(15))
                    #expect(error.isCertainlyWithoutEffect)
                }
                #expect(server.requests.count == 3)
                // Another host isn't affected, nor is the same one on another port.
                try await withHTTPDouble { _ in
                    HTTPDouble.Reply(200)
                } _: { other in
                    try await expectEqual(200) { try await egress.send(request(other.url)).status }
                }
                server.handle { _ in HTTPDouble.Reply(200) }
                clock.advance(by: .seconds(15))
                for _ in 0..<5 { try await expectEqual(200) { try await egress.send(request(server.url)).status } }
            }
        }
    }

    @Test("Refused connections open it, answers in the 400s never do")
    func whatCounts() async throws {
        let gone = try RefusingPort()
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(429)
        } _: { server in
            try await withEgress {
                $0.breaker.failures = 3
            } _: { egress in
                for _ in 0..<6 { try await expectEqual(429) { try await egress.send(request(server.url)).status } }
                for _ in 0..<3 { await expect(.notSent) { try await egress.send(request(gone.url)) } }
                await expect(.circuitOpen) { try await egress.send(request(gone.url)) }
            }
        }
    }
}
