import HTTPTypes
import Synchronization
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("What every request passes")
struct RequestCheckTests {
    @Test("a request id is taken over when it is sane, else made")
    func requestIDs() async throws {
        try await APITestBench.run { bench in
            let taken = try await bench.call(.get, "/health", headers: [.requestID: "abc-123"])
            #expect(taken.headers[.requestID] == "abc-123")
            for bad in ["a b", String(repeating: "x", count: 129), "é"] {
                let made = try await bench.call(.get, "/health", headers: [.requestID: bad])
                #expect(made.headers[.requestID]?.hasPrefix("req_") == true)
            }
            let problem = try await bench.call(.get, "/nowhere", headers: [.requestID: "abc"])
            #expect(problem.json["request_id"] == "abc")
        }
    }

    @Test("unknown addresses and methods are told apart, and HEAD and OPTIONS answer")
    func addresses() async throws {
        try await APITestBench.run { bench in
            #expect(try await bench.call(.get, "/nowhere").code == "not_found")
            #expect(try await bench.call(.get, "/").status == 404)
            let put = try await bench.call(.put, "/v1/content/jobs")
            #expect(put.status == 405 && put.headers[.allow] == "GET, HEAD, OPTIONS")
            for method in [HTTPRequest.Method.trace, HTTPRequest.Method("QUERY")] {
                let reply = try await bench.call(try #require(method), "/v1/content/jobs")
                #expect(reply.status == 405 && reply.headers[.allow] == "GET, HEAD, OPTIONS")
            }
            #expect(try await bench.call(.get, "/v1/content/generate/text").headers[.allow] == "POST, OPTIONS")
            let head = try await bench.call(.head, "/health")
            #expect(head.status == 200 && head.bytes.isEmpty && head.headers[.contentLength] != "0")
            let options = try await bench.call(.options, "/v1/content/jobs")
            #expect(options.status == 204 && options.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test("pages of configured origins may call, others not")
    func crossOrigin() async throws {
        try await APITestBench.run(["ATELIER_CORS_ORIGINS": "https://app.example"]) { bench in
            let good = try await bench.call(.options, "/v1/content/jobs", headers: [.origin: "https://app.example"])
            #expect(good.headers[.accessControlAllowOrigin] == "https://app.example")
            #expect(good.headers[.accessControlAllowMethods] == "GET, HEAD, OPTIONS")
            let bad = try await bench.call(.options, "/v1/content/jobs", headers: [.origin: "https://evil.example"])
            #expect(bad.headers[.accessControlAllowOrigin] == nil && bad.headers[.accessControlAllowMethods] == nil)
            let refused = try await bench.call(.get, "/v1/content/jobs", headers: [.origin: "https://app.example"])
            #expect(refused.status == 401 && refused.headers[.accessControlAllowOrigin] == "https://app.example")
        }
    }

    @Test("credentials that are missing or bad are 401 and say what is wanted")
    func credentials() async throws {
        try await APITestBench.run { bench in
            for authorization in ["", "Bearer", "Bearer x.y.z", "Basic abc", "Bearer atl_live_nonsense"] {
                let reply = try await bench.call(.get, "/v1/content/jobs", headers: [.authorization: authorization])
                #expect(reply.status == 401 && reply.code == "unauthenticated", "\(authorization)")
                #expect(reply.headers[.wwwAuthenticate]?.hasPrefix("Bearer") == true)
            }
        }
    }

    @Test("every bad field is named, wrong types are refused, unknown fields ignored")
    func validation() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let path = "/v1/content/generate/text"
            let bad = try await bench.call(
                .post, path, token: token,
                json: ["max_tokens": 5000, "temperature": "hot", "system_prompt_type": "poem", "stream": 1])
            #expect(bad.status == 400 && bad.code == "invalid_request")
            #expect(Set(bad.pointers) == ["/prompt", "/max_tokens", "/temperature", "/system_prompt_type", "/stream"])
            let odd = try await bench.call(
                .post, path, token: token, json: ["prompt": "x", "surprise": [1], "model": .null])
            #expect(odd.status == 200)
            for text in ["", "{", "[]", "\"x\"", "{\"prompt\":\"a\"", "{\"prompt\":\"\\ud800\"}", "null"] {
                let reply = try await bench.call(.post, path, token: token, bytes: Array(text.utf8))
                #expect(reply.status == 400, "\(text)")
            }
            let form = try await bench.call(
                .post, path, token: token, bytes: Array("prompt=x".utf8),
                headers: [.contentType: "application/x-www-form-urlencoded"])
            #expect(form.status == 415 && form.code == "unsupported_media_type")
            let typed = try await bench.call(
                .post, path, token: token, json: ["prompt": "x"],
                headers: [.contentType: "application/json; charset=utf-8"])
            #expect(typed.status == 200)
        }
    }

    @Test("a prompt may be as long as its limit, in characters, and no longer")
    func promptLength() async throws {
        try await APITestBench.run(["ATELIER_PROMPT_LENGTH": "10"]) { bench in
            let token = try bench.token("a")
            for (count, status) in [(10, 200), (11, 400)] {
                let reply = try await bench.call(
                    .post, "/v1/generate/text", token: token,
                    json: ["prompt": .string(String(repeating: "é", count: count))])
                #expect(reply.status == status)
                if status == 400 { #expect(reply.pointers == ["/prompt"]) }
            }
        }
    }

    @Test("a body over the cap is refused, and nesting has a limit")
    func bodyCap() async throws {
        let settings = ["ATELIER_MAX_BODY": "2KiB", "ATELIER_MAX_JSON_DEPTH": "8"]
        try await APITestBench.run(settings, sockets: true) { bench in
            let token = try bench.token("a")
            let path = "/v1/content/generate/text"
            func prompt(_ count: Int) -> JSONValue { ["prompt": .string(String(repeating: "a", count: count))] }
            let deep = String(repeating: "[", count: 9) + String(repeating: "]", count: 9)
            let nested = try await bench.call(
                .post, path, token: token, bytes: Array("{\"prompt\":\"x\",\"context\":\(deep)}".utf8))
            #expect(nested.status == 400 && nested.code == "invalid_json")
            #expect(try await bench.call(.post, path, token: token, json: prompt(1_900)).status == 200)
            let large = try await bench.call(.post, path, token: token, json: prompt(2_100))
            #expect(large.status == 413 && large.code == "body_too_large")
            // The connection goes on.
            #expect(try await bench.call(.post, path, token: token, json: prompt(1_900)).status == 200)
        }
    }

    @Test("a tenant over its rate is told when to come back, and others aren't touched")
    func rateLimit() async throws {
        try await APITestBench.run(["ATELIER_RATE_LIMIT": "2"]) { bench in
            let token = try bench.token("a")
            for left in [1, 0] {
                let reply = try await bench.call(.get, "/v1/tenants/current", token: token)
                #expect(reply.status == 200 && reply.headers[.rateLimitPolicy] == "\"tenant\";q=2;w=60")
                #expect(reply.headers[.rateLimit]?.hasPrefix("\"tenant\";r=\(left);t=") == true)
            }
            let refused = try await bench.call(.get, "/v1/tenants/current", token: token)
            #expect(refused.status == 429 && refused.code == "rate_limited" && refused.json["retryable"] == true)
            #expect((refused.headers[.retryAfter].flatMap { Int($0) } ?? 0) >= 1)
            #expect(try await bench.call(.get, "/v1/tenants/current", token: try bench.token("b")).status == 200)
            #expect(try await bench.call(.get, "/health").status == 200)
        }
    }

    @Test("more requests at once than the process takes are refused with 503")
    func inFlight() async throws {
        try await APITestBench.run(["ATELIER_MAX_IN_FLIGHT": "1"]) { bench in
            let token = try bench.token("a")
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    // One of the calls below may be inside when this comes.
                    while true {
                        let reply = try await bench.call(
                            .post, "/v1/generate/text", token: token, json: ["prompt": "x [sandbox:slow=2s]"])
                        if reply.status != 503 { return reply.status }
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
                try await eventually("a request is refused") {
                    let reply = try await bench.call(.get, "/v1/tenants/current", token: token)
                    return reply.status == 503 && reply.code == "overloaded" && reply.headers[.retryAfter] != nil
                }
                #expect(try await bench.call(.get, "/health").status == 200)
                #expect(try await group.next() == 200)
            }
            #expect(try await bench.call(.get, "/v1/tenants/current", token: token).status == 200)
        }
    }

    // MARK: Idempotency keys

    @Test("the same key and body give the first answer again, another body 422")
    func idempotency() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let path = "/v1/content/generate/video"
            let headers: HTTPFields = [.idempotencyKey: "k1"]
            let first = try await bench.call(.post, path, token: token, json: ["prompt": "x"], headers: headers)
            let again = try await bench.call(.post, path, token: token, json: ["prompt": "x"], headers: headers)
            #expect(first.status == 202 && first.headers[.idempotencyReplayed] == nil)
            #expect(again.status == 202 && again.bytes == first.bytes && again.headers[.idempotencyReplayed] == "true")
            #expect(again.headers[.location] == first.headers[.location])
            let other = try await bench.call(.post, path, token: token, json: ["prompt": "y"], headers: headers)
            #expect(other.status == 422 && other.code == "idempotency_key_reused")
            let elsewhere = try await bench.call(
                .post, path, token: try bench.token("b"), json: ["prompt": "y"], headers: headers)
            #expect(elsewhere.status == 202)
            #expect(try await bench.call(.get, "/v1/content/jobs", token: token).data.array?.count == 1)
            let long = try await bench.call(
                .post, path, token: token, json: ["prompt": "x"],
                headers: [.idempotencyKey: String(repeating: "k", count: 256)])
            #expect(long.status == 400 && long.code == "invalid_idempotency_key")
        }
    }

    @Test("a key whose request is at work is 409; one whose request failed for a while can be used again")
    func idempotencyInFlight() async throws {
        try await APITestBench.run(["ATELIER_TEXT_RETRIES": "0"]) { bench in
            let token = try bench.token("a")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let reply = try await bench.call(
                            .post, "/v1/generate/text", token: token, json: ["prompt": "x [sandbox:slow=3s]"],
                            headers: [.idempotencyKey: "k"])
                        #expect(reply.status == 200 || reply.code == "idempotency_in_flight")
                        return reply.status
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses == [200, 409])
            for _ in 0..<2 {
                let failed = try await bench.call(
                    .post, "/v1/generate/text", token: token, json: ["prompt": "y"],
                    headers: [.idempotencyKey: "f", .sandboxFault: "500"])
                #expect(failed.status == 502)
            }
            let good = try await bench.call(
                .post, "/v1/generate/text", token: token, json: ["prompt": "y"], headers: [.idempotencyKey: "f"])
            #expect(good.status == 200 && good.headers[.idempotencyReplayed] == nil)
            let refused = try await bench.call(
                .post, "/v1/generate/text", token: token, json: ["prompt": ""], headers: [.idempotencyKey: "g"])
            #expect(refused.status == 400)
        }
    }

    @Test("a repeat of a stream gets its record as plain JSON")
    func idempotentStream() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let headers: HTTPFields = [.idempotencyKey: "s"]
            let body: JSONValue = ["prompt": "x", "stream": true]
            let first = try await bench.call(
                .post, "/v1/content/generate/text", token: token, json: body, headers: headers)
            let record = ServerSentEvents.read(first.text).last?.data
            let again = try await bench.call(
                .post, "/v1/content/generate/text", token: token, json: body, headers: headers)
            #expect(again.headers[.idempotencyReplayed] == "true" && again.data == record)
        }
    }

    @Test("of many at once with the same key, one job is made")
    func idempotencyRace() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await bench.call(
                            .post, "/v1/content/generate/video", token: token, json: ["prompt": "x"],
                            headers: [.idempotencyKey: "k"]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(statuses).isSubset(of: [202, 409]) && statuses.contains(202))
            #expect(try await bench.call(.get, "/v1/content/jobs", token: token).data.array?.count == 1)
        }
    }
}
