import Database
import Sealing
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("Idempotency keys")
struct IdempotencyStoreTests {
    private let clock = TestClock()

    private func store(lifetime: Duration = .seconds(86_400)) async throws -> IdempotencyStore {
        let database = try await TestDatabase.sqlite(migrations: IdempotencyStore.migrations)
        return IdempotencyStore(
            database: database,
            box: SecretBox(masterKey: Secret(String(repeating: "m", count: 32)), surroundings: .system),
            surroundings: clock.surroundings, lifetime: lifetime)
    }

    private func request(
        _ tenant: String = "a", isTest: Bool = false, key: String = "k", body: UInt8 = 1
    ) throws -> IdempotencyStore.Request {
        IdempotencyStore.Request(
            tenant: try #require(TenantID(tenant)), isTest: isTest, key: key, route: "r",
            bodyHash: Array(repeating: body, count: 32))
    }

    private func work(_ claim: IdempotencyStore.Claim) throws -> (suffix: String, lockedUntil: Timestamp) {
        guard case .work(let suffix, let lockedUntil) = claim else {
            Issue.record("\(claim)")
            throw CancellationError()
        }
        return (suffix, lockedUntil)
    }

    private let kept = IdempotencyStore.Kept(
        status: 202, contentType: "application/json", location: "/x", body: Array("{}".utf8))

    @Test("the first answer is kept for repeats")
    func replay() async throws {
        let store = try await store()
        let request = try request()
        let first = try work(try await store.claim(request, lock: .seconds(30)))
        #expect(first.suffix.count == 26)
        #expect(try await store.claim(request, lock: .seconds(30)) == .inFlight(.seconds(30)))
        #expect(try await store.keep(kept, for: request, lockedUntil: first.lockedUntil))
        #expect(try await store.claim(request, lock: .seconds(30)) == .replay(kept))
        #expect(try await store.claim(try self.request(body: 2), lock: .seconds(30)) == .mismatch)
        // Another tenant's key of the same name is another key.
        _ = try work(try await store.claim(try self.request("b"), lock: .seconds(30)))
    }

    @Test("a test credential's keys and a live one's are apart, whatever their names")
    func testAndLive() async throws {
        let store = try await store()
        let live = try request()
        let first = try work(try await store.claim(live, lock: .seconds(30)))
        #expect(try await store.keep(kept, for: live, lockedUntil: first.lockedUntil))
        let test = try request(isTest: true)
        #expect(try await store.replay(test) == nil)
        let second = try work(try await store.claim(test, lock: .seconds(30)))
        #expect(second.suffix != first.suffix)
        _ = try work(try await store.claim(try request(key: "test:k"), lock: .seconds(30)))
        _ = try work(try await store.claim(try request(isTest: true, key: "live:k"), lock: .seconds(30)))
        #expect(try await store.claim(live, lock: .seconds(30)) == .replay(kept))
    }

    @Test("a released key does the work again under the same id, and takes another body under a new one")
    func release() async throws {
        let store = try await store()
        let request = try request()
        let first = try work(try await store.claim(request, lock: .seconds(30)))
        try await store.release(request, lockedUntil: first.lockedUntil)
        let second = try work(try await store.claim(request, lock: .seconds(30)))
        #expect(second.suffix == first.suffix)
        try await store.release(request, lockedUntil: second.lockedUntil)
        let third = try work(try await store.claim(try self.request(body: 2), lock: .seconds(30)))
        #expect(third.suffix != first.suffix)
    }

    @Test("a lock that ran out is taken over with the same id, and its late holder changes nothing")
    func takeOver() async throws {
        let store = try await store()
        let request = try request()
        let first = try work(try await store.claim(request, lock: .seconds(30)))
        clock.advance(by: .seconds(31))
        let second = try work(try await store.claim(request, lock: .seconds(30)))
        #expect(second.suffix == first.suffix)
        #expect(try await !store.keep(kept, for: request, lockedUntil: first.lockedUntil))
        try await store.release(request, lockedUntil: first.lockedUntil)
        #expect(try await store.claim(request, lock: .seconds(30)) == .inFlight(.seconds(30)))
        #expect(try await store.replay(request) == nil)
        #expect(try await store.keep(kept, for: request, lockedUntil: second.lockedUntil))
        #expect(try await store.claim(request, lock: .seconds(30)) == .replay(kept))
        #expect(try await store.replay(request) == kept)
        #expect(try await store.replay(try self.request(body: 2)) == nil)
    }

    @Test("a key is forgotten after its lifetime, and purged")
    func lifetime() async throws {
        let store = try await store(lifetime: .seconds(100))
        let request = try request()
        let first = try work(try await store.claim(request, lock: .seconds(30)))
        #expect(try await store.keep(kept, for: request, lockedUntil: first.lockedUntil))
        #expect(try await store.purge() == 0)
        clock.advance(by: .seconds(101))
        let second = try work(try await store.claim(try self.request(body: 2), lock: .seconds(30)))
        #expect(second.suffix != first.suffix)
        clock.advance(by: .seconds(200))
        #expect(try await store.purge() == 1)
        #expect(try await store.purge() == 0)
    }

    @Test("of many at once with the same key, one does the work")
    func race() async throws {
        let store = try await store()
        let request = try request()
        let claims = try await withThrowingTaskGroup(of: IdempotencyStore.Claim.self) { group in
            for _ in 0..<32 { group.addTask { try await store.claim(request, lock: .seconds(30)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let workers = claims.filter { if case .work = $0 { true } else { false } }
        #expect(workers.count == 1)
        #expect(claims.filter { $0 == .inFlight(.seconds(30)) }.count == 31)
    }
}
