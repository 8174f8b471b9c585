import Auth
import Database
import HTTPTypes
import TestKit
import Testing
import Vocabulary
import WebAPI

/// Requests that are made again because the first try had no answer, or another one at the same time.
@Suite("Repeats")
struct RepeatTests {
    private static let headers: HTTPFields = [.idempotencyKey: "k"]

    /// What a crash between the work and its answer leaves, once the lock has run out.
    private static func loseAnswers(_ bench: APITestBench) async throws {
        try await bench.database.write(as: .system) { transaction in
            _ = try transaction.execute(
                "UPDATE idempotency_keys SET state = 'working', locked_until = 0, status = NULL, sealed_body = NULL")
        }
    }

    /// The one request that is at work, as the store knows it.
    private static func request(_ bench: APITestBench) async throws -> IdempotencyStore.Request? {
        let row = try await bench.database.read(as: .system) { transaction in
            try transaction.first("SELECT tenant_id, route, body_sha256 FROM idempotency_keys WHERE state = 'working'")
        }
        return try row.map {
            IdempotencyStore.Request(
                tenant: try $0.get("tenant_id"), key: "k", route: try $0.get("route"),
                bodyHash: try $0.get("body_sha256"))
        }
    }

    @Test("an API key whose text was lost on its way is made once, and its text anew")
    func apiKey() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .admin)
            func create() async throws -> APITestBench.Reply {
                try await bench.call(
                    .post, "/v1/api-keys", token: token, json: ["name": "CI", "roles": ["admin"]],
                    headers: Self.headers)
            }
            let lost = try await create()
            try await Self.loseAnswers(bench)
            let second = try await create()
            #expect(lost.status == 201 && second.status == 201 && second.headers[.idempotencyReplayed] == nil)
            #expect(second.json["id"] == lost.json["id"] && second.json["key"] != lost.json["key"])
            #expect(second.json["roles"] == lost.json["roles"])
            let third = try await create()
            #expect(third.bytes == second.bytes && third.headers[.idempotencyReplayed] == "true")
            let (old, new) = (lost.json["key"]?.string, second.json["key"]?.string)
            #expect(try await bench.call(.get, "/v1/api-keys", token: old).status == 401)
            let list = try await bench.call(.get, "/v1/api-keys", token: new)
            #expect(list.status == 200 && list.data.array?.count == 1)
        }
    }

    @Test("a lost API key that was revoked meanwhile stays so")
    func revokedKey() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .admin)
            let lost = try await bench.call(
                .post, "/v1/api-keys", token: token, json: ["name": "CI"], headers: Self.headers)
            let id = lost.json["id"]?.string ?? ""
            #expect(try await bench.call(.delete, "/v1/api-keys/\(id)", token: token).status == 204)
            try await Self.loseAnswers(bench)
            let again = try await bench.call(
                .post, "/v1/api-keys", token: token, json: ["name": "CI"], headers: Self.headers)
            #expect(again.status == 409 && again.code == "conflict")
            #expect(try await bench.call(.get, "/v1/api-keys", token: token).data.array?.count == 1)
        }
    }

    @Test("a webhook endpoint whose secret was lost on its way is made once, and its secret anew")
    func endpoint() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            func create() async throws -> APITestBench.Reply {
                try await bench.call(
                    .post, "/v1/webhooks/endpoints", token: token, json: ["url": "https://example.com/hook"],
                    headers: Self.headers)
            }
            let lost = try await create()
            try await Self.loseAnswers(bench)
            let second = try await create()
            #expect(lost.status == 201 && second.status == 201)
            #expect(second.json["id"] == lost.json["id"] && second.json["secret"] != lost.json["secret"])
            #expect(second.headers[.location] == lost.headers[.location])
            #expect(try await bench.call(.get, "/v1/webhooks/endpoints", token: token).data.array?.count == 1)
        }
    }

    @Test("a tenant whose answer was lost is there already")
    func tenant() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .platformAdmin)
            for status in [201, 409] {
                let reply = try await bench.call(
                    .post, "/v1/tenants", token: token, json: ["name": "made"], headers: Self.headers)
                #expect(reply.status == status)
                try await Self.loseAnswers(bench)
            }
        }
    }

    @Test("a test key and a live credential of one tenant have keys of their own")
    func testAndLive() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .admin)
            let made = try await bench.call(
                .post, "/v1/api-keys", token: token, json: ["name": "CI", "test": true])
            let testKey = try #require(made.json["key"]?.string)
            func film(_ credential: String) async throws -> APITestBench.Reply {
                try await bench.call(
                    .post, "/v1/content/generate/video", token: credential, json: ["prompt": "x"],
                    headers: Self.headers)
            }
            let (live, test) = (try await film(token), try await film(testKey))
            #expect(live.status == 202 && test.status == 202 && test.headers[.idempotencyReplayed] == nil)
            #expect(live.data["job_id"] != test.data["job_id"])
            let (liveAgain, testAgain) = (try await film(token), try await film(testKey))
            #expect(liveAgain.bytes == live.bytes && testAgain.bytes == test.bytes)
        }
    }

    @Test(
        "who took longer than the lock gets what the repeat made, or is told that it is at work",
        arguments: [true, false])
    func takenOver(isDone: Bool) async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let example = try await bench.call(.post, "/v1/generate/text", token: token, json: ["prompt": "other"])
            async let slow = bench.call(
                .post, "/v1/generate/text", token: token, json: ["prompt": "x [sandbox:slow=4s]"],
                headers: Self.headers)
            try await eventually("it is at work") { try await Self.request(bench) != nil }
            let request = try #require(try await Self.request(bench))
            try await bench.database.write(as: .system) {
                _ = try $0.execute("UPDATE idempotency_keys SET locked_until = 0")
            }
            let store = bench.idempotency
            guard case .work(_, let lockedUntil) = try await store.claim(request, lock: .seconds(600)) else {
                Issue.record("the lock has run out, and isn't taken over")
                return
            }
            if isDone {
                let kept = IdempotencyStore.Kept(status: 200, contentType: "application/json", body: example.bytes)
                #expect(try await store.keep(kept, for: request, lockedUntil: lockedUntil))
                let reply = try await slow
                #expect(reply.bytes == example.bytes && reply.headers[.idempotencyReplayed] == "true")
            } else {
                let reply = try await slow
                #expect(reply.status == 409 && reply.code == "idempotency_in_flight")
            }
        }
    }
}
