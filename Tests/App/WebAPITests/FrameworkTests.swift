import NIOCore
import Settings
import Testing
import Vocabulary
import WebAPI

@Suite("The parts of the framework")
struct FrameworkTests {
    private let start = Timestamp(seconds: 1_767_225_600)

    private func tenant(_ name: String) throws -> TenantID { try #require(TenantID(name)) }

    @Test("a cursor comes back as what it was made of, and nothing else is one")
    func cursors() {
        for text in ["job_01h455vb4pex5vsknk084sn02q", "a", "é:1:2"] {
            #expect(PageCursor.decode(PageCursor.encode(text)) == text)
        }
        for text in [
            "", "a", "!!!", PageCursor.encode(""), Base64URL.encode(Array("2:x".utf8)),
            String(repeating: "A", count: 600),
        ] {
            #expect(PageCursor.decode(text) == nil, "\(text)")
        }
    }

    @Test(
        "a range of bytes is cut to the file, and what isn't understood means all of it",
        arguments: [
            ("bytes=0-9", 0..<10), ("bytes=5-", 5..<100), ("bytes=-10", 90..<100), ("bytes=-200", 0..<100),
            ("bytes=90-200", 90..<100), ("bytes=0-0", 0..<1), ("bytes=99-99", 99..<100),
            ("bytes=0-99999999999999999999", 0..<100),
        ] as [(String, Range<Int64>)])
    func ranges(_ header: String, _ range: Range<Int64>) {
        #expect(ByteRange.parse(header, size: 100) == range)
    }

    @Test("ranges past the end can't be satisfied; odd ones are ignored")
    func oddRanges() {
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"] {
            #expect(ByteRange.parse(header, size: 100)?.isEmpty == true, "\(header)")
        }
        for header in [
            nil, "", "items=0-1", "bytes=", "bytes=-", "bytes=5-1", "bytes=0-1,3-4", "bytes=a-b", "bytes=+1-2",
            "bytes=--1",
        ] {
            #expect(ByteRange.parse(header, size: 100) == nil, "\(header ?? "none")")
        }
        #expect(ByteRange.parse("bytes=0-", size: 0)?.isEmpty == true)
    }

    @Test("traceparent is passed on only when it is one")
    func traceParents() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        #expect(TraceParent.accept(good) == good)
        for bad in [
            nil, "", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", good.uppercased(),
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", good + "-x",
        ] { #expect(TraceParent.accept(bad) == nil) }
    }

    @Test("a tenant gets as many requests at once as the limit says, then at its rate, without touching another's")
    func rateLimit() throws {
        let limiter = RateLimiter(perMinute: 60, maximumBuckets: 10)
        let (a, b) = (try tenant("a"), try tenant("b"))
        for count in (0..<60).reversed() {
            let decision = try #require(limiter.take(a, at: start))
            #expect(decision.isAllowed && decision.remaining == count)
        }
        let refused = try #require(limiter.take(a, at: start))
        #expect(!refused.isAllowed && refused.remaining == 0)
        #expect(refused.wait > .milliseconds(900) && refused.wait <= .seconds(1))
        #expect(limiter.take(b, at: start)?.isAllowed == true)
        #expect(limiter.take(a, at: start + .milliseconds(500))?.isAllowed == false)
        #expect(limiter.take(a, at: start + .seconds(1))?.isAllowed == true)
        #expect(limiter.take(a, at: start + .seconds(600))?.remaining == 59)
        // A clock that goes back gives nothing and takes nothing.
        #expect(limiter.take(a, at: start)?.remaining == 58)
    }

    @Test("the number of tenants counted is bounded, and the quietest are forgotten")
    func rateLimitBuckets() throws {
        let limiter = RateLimiter(perMinute: 60, maximumBuckets: 10)
        for number in 0..<1_000 {
            _ = limiter.take(try tenant("t\(number)"), at: start + .seconds(Int64(number)))
            #expect(limiter.count <= 10)
        }
        #expect(limiter.take(try tenant("t999"), at: start + .seconds(999))?.remaining == 58)
        #expect(RateLimiter(perMinute: 0, maximumBuckets: 10).take(try tenant("t"), at: start) == nil)
    }

    @Test("no more requests are let in than the limit, and a place is free again when its holder goes")
    func gate() {
        let gate = InFlightGate(limit: 2, tenantLimit: 2)
        func enter() -> InFlightGate.Place? {
            if case .entered(let place) = gate.enter(nil) { place } else { nil }
        }
        var places = [enter(), enter()]
        #expect(places.allSatisfy { $0 != nil })
        #expect(enter() == nil)
        #expect(gate.count == 2)
        places.removeLast()
        #expect(gate.count == 1)
        places.append(enter())
        #expect(places.last != nil)
        places.removeAll()
        #expect(gate.count == 0)
    }

    @Test("a tenant that holds all the places it may have leaves the others theirs")
    func tenantGate() throws {
        let gate = InFlightGate(limit: 3, tenantLimit: 2)
        let (busy, other) = (try tenant("busy"), try tenant("other"))
        var places: [InFlightGate.Place] = []
        func enter(_ tenant: TenantID) -> String {
            switch gate.enter(tenant) {
            case .entered(let place):
                places.append(place)
                return "entered"
            case .full: return "full"
            case .tenantFull: return "tenantFull"
            }
        }
        #expect(enter(busy) == "entered" && enter(busy) == "entered")
        #expect(enter(busy) == "tenantFull")
        #expect(enter(other) == "entered")
        #expect(enter(other) == "full")
        places.removeFirst()
        #expect(enter(busy) == "entered" && enter(busy) == "full")
    }

    @Test("every limit has a setting, and a wrong value is refused")
    func settings() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_MAX_BODY": "2KiB", "ATELIER_MAX_JSON_DEPTH": "8", "ATELIER_BODY_DEADLINE": "2s",
                "ATELIER_RATE_LIMIT": "7", "ATELIER_RATE_LIMIT_TENANTS": "9", "ATELIER_MAX_IN_FLIGHT": "11",
                "ATELIER_TENANT_IN_FLIGHT": "12",
                "ATELIER_SSE_HEARTBEAT": "100ms", "ATELIER_IDEMPOTENCY_TTL": "1h", "ATELIER_HEALTH_DEADLINE": "1s",
                "ATELIER_TEXT_DEADLINE": "5s", "ATELIER_IMAGE_DEADLINE": "6s",
                "ATELIER_CORS_ORIGINS": "https://a.example, http://localhost:3000",
            ]))
        let limits = WebAPILimits(reading: reader)
        try reader.finish()
        #expect(limits.maximumBody == 2_048 && limits.maximumDepth == 8 && limits.bodyDeadline == .seconds(2))
        #expect(
            limits.requestsPerMinute == 7 && limits.rateLimitTenants == 9 && limits.requestsInFlight == 11
                && limits.tenantRequestsInFlight == 12)
        #expect(limits.heartbeat == .milliseconds(100) && limits.idempotencyLifetime == .seconds(3_600))
        #expect(limits.healthDeadline == .seconds(1))
        #expect(limits.textDeadline == .seconds(5) && limits.imageDeadline == .seconds(6))
        #expect(limits.corsOrigins == ["https://a.example", "http://localhost:3000"])

        let wrong = SettingsReader(
            .values(["ATELIER_CORS_ORIGINS": "https://a.example/path", "ATELIER_MAX_BODY": "12"]))
        _ = WebAPILimits(reading: wrong)
        #expect(throws: SettingsError.self) { try wrong.finish() }
    }
}
