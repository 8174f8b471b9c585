import Content
import HTTPTypes
import Server
import TestKit
import Testing
import Vocabulary
import WebAPI
import Webhooks

@Suite("The gateway's face")
struct ContentFaceTests {
    @Test("a text has the fields of the contract")
    func text() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("test-tenant")
            let reply = try await bench.call(
                .post, "/v1/content/generate/text", token: token,
                json: [
                    "prompt": "Coffee", "model": "gpt-4o", "system_prompt_type": "social-post",
                    "context": ["brand": "Bean"],
                    "max_tokens": 100, "temperature": 1, "metadata": ["a": 1], "tenant_id": "test-tenant",
                ])
            #expect(reply.status == 200 && reply.json["success"] == true)
            #expect(reply.data["engine"] == "sandbox" && reply.data["model"] == "gpt-4o")
            #expect(reply.data["tenant_id"] == "test-tenant" && reply.data["cost"] == 0)
            let usage = reply.data["usage"]
            #expect(
                usage?["total_tokens"]?.int == (usage?["prompt_tokens"]?.int ?? 0)
                    + (usage?["completion_tokens"]?.int ?? 0))
            #expect(reply.data["content"]?.string?.isEmpty == false)
        }
    }

    @Test("a streamed text comes as deltas and one record", arguments: [false, true])
    func textStream(_ sockets: Bool) async throws {
        try await APITestBench.run(sockets: sockets) { bench in
            let reply = try await bench.call(
                .post, "/v1/content/generate/text", token: try bench.token("a"),
                json: ["prompt": "Coffee", "stream": true])
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType]?.hasPrefix("text/event-stream") == true)
            let events = ServerSentEvents.read(reply.text)
            let deltas = events.filter { $0.name == "delta" }.compactMap { $0.data["content"]?.string }
            #expect(!deltas.isEmpty && events.last?.name == "done" && events.filter { $0.name == "done" }.count == 1)
            #expect(events.last?.data["content"]?.string == deltas.joined())
            #expect(events.last?.data["usage"]?["total_tokens"] != nil)
        }
    }

    @Test("a stream that breaks off ends with an error event that carries the problem")
    func brokenStream() async throws {
        try await APITestBench.run { bench in
            let reply = try await bench.call(
                .post, "/v1/content/generate/text", token: try bench.token("a"),
                json: ["prompt": "Coffee [sandbox:truncated]", "stream": true])
            let events = ServerSentEvents.read(reply.text)
            #expect(events.last?.name == "error")
            #expect(events.last?.data["code"] == "stream_interrupted")
        }
    }

    @Test("improve-prompt answers as text does")
    func improve() async throws {
        try await APITestBench.run { bench in
            let reply = try await bench.call(
                .post, "/v1/content/improve-prompt", token: try bench.token("a"),
                json: ["prompt": "a cat", "content_type": "image"])
            #expect(reply.status == 200 && reply.data["content"]?.string?.isEmpty == false)
        }
    }

    @Test("an image is stored before it is answered, and its bytes come whole, in ranges, and by a signed link")
    func image() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let reply = try await bench.call(
                .post, "/v1/content/generate/image", token: token, json: ["prompt": "A cup", "size": "1024x1024"])
            #expect(reply.status == 200 && reply.data["resolution"] == "1024x1024")
            #expect(reply.data["storage_path"]?.string?.hasPrefix("tenants/a/images/") == true)
            let asset = try #require(reply.data["asset_id"]?.string)
            let whole = try await bench.call(.get, "/v1/content/assets/\(asset)/content", token: token)
            #expect(whole.status == 200 && whole.bytes.prefix(4) == [0x89, 0x50, 0x4e, 0x47])
            #expect(
                whole.headers[.contentType] == "image/png" && whole.headers[.contentLength] == "\(whole.bytes.count)")
            let tag = try #require(whole.headers[.eTag])
            try await Self.checkPartial("/v1/content/assets/\(asset)/content", token, whole.bytes, tag, bench)

            let url = try #require(reply.data["url"]?.string)
            let path = String(url.dropFirst("http://api.test".count))
            #expect(try await bench.call(.get, path).bytes == whole.bytes)
            try await Self.checkPartial(path, nil, whole.bytes, tag, bench)
            let forged = path.dropLast(2) + (path.hasSuffix("AA") ? "BB" : "AA")
            #expect(try await bench.call(.get, String(forged)).status == 403)
            let other = path.replacing("/tenants/a/", with: "/tenants/b/")
            #expect(try await bench.call(.get, other).code == "invalid_link")

            let listed = try await bench.call(.get, "/v1/content/assets?type=image", token: token)
            #expect(listed.data.array?.compactMap { $0["id"]?.string } == [asset])
            #expect(try await bench.call(.get, "/v1/content/assets/\(asset)", token: token).data["id"]?.string == asset)
            #expect(try await bench.call(.delete, "/v1/content/assets/\(asset)", token: token).status == 204)
            #expect(try await bench.call(.get, "/v1/content/assets/\(asset)", token: token).status == 404)
            #expect(try await bench.call(.get, path).status == 404)
        }
    }

    private static func checkPartial(
        _ path: String, _ token: String?, _ whole: [UInt8], _ tag: String, _ bench: APITestBench
    ) async throws {
        let part = try await bench.call(.get, path, token: token, headers: [.range: "bytes=2-9"])
        #expect(part.status == 206 && part.bytes == Array(whole[2...9]))
        #expect(part.headers[.contentRange] == "bytes 2-9/\(whole.count)")
        let past = try await bench.call(.get, path, token: token, headers: [.range: "bytes=\(whole.count)-"])
        #expect(past.status == 416 && past.headers[.contentRange] == "bytes */\(whole.count)")
        #expect(try await bench.call(.get, path, token: token, headers: [.ifNoneMatch: tag]).status == 304)
        let changed = try await bench.call(.get, path, token: token, headers: [.range: "bytes=0-1", .ifRange: "\"x\""])
        #expect(changed.status == 200 && changed.bytes.count == whole.count)
        let head = try await bench.call(.head, path, token: token)
        #expect(head.status == 200 && head.bytes.isEmpty && head.headers[.contentLength] == "\(whole.count)")
    }

    @Test("a film is accepted, rendered, told by events and a webhook, and listed")
    func video() async throws {
        try await APITestBench.run(hasWorker: true) { bench in
            let token = try bench.token("a")
            let reply = try await bench.call(
                .post, "/v1/content/generate/video", token: token,
                json: ["prompt": "A cup", "model": "sora-2", "duration": 4, "aspect_ratio": "9:16"])
            #expect(reply.status == 202 && reply.data["status"] == "pending" && reply.data["duration_seconds"] == 4)
            let id = try #require(reply.data["job_id"]?.string)
            #expect(reply.headers[.location] == "/v1/content/jobs/\(id)")
            let job = try await bench.ended(id, token: token)
            #expect(job["status"] == "completed" && job["progress"] == 100 && job["completed_at"] != .null)
            #expect(job["result"]?["storage_path"]?.string?.hasPrefix("tenants/a/videos/") == true)
            #expect(job["result"]?["duration"] == 4)

            let events = ServerSentEvents.read(
                try await bench.call(.get, "/v1/content/jobs/\(id)/events", token: token).text)
            #expect(events.first?.name == "pending" && events.last?.name == "completed")
            #expect(events.map(\.id) == (1...events.count).map(String.init))
            let rest = ServerSentEvents.read(
                try await bench.call(
                    .get, "/v1/content/jobs/\(id)/events", token: token, headers: [.lastEvent: events[0].id]
                ).text)
            #expect(rest.map(\.id) == events.dropFirst().map(\.id))
            #expect(
                try await bench.call(.get, "/v1/content/jobs/\(id)/events", token: token, headers: [.lastEvent: "x"])
                    .status == 400)

            let listed = try await bench.call(
                .get, "/v1/content/jobs?status=completed&type=video&model=sora-2", token: token)
            #expect(listed.data.array?.compactMap { $0["job_id"]?.string } == [id])
            #expect(try await bench.call(.get, "/v1/content/jobs?since=2999-01-01T00:00:00Z", token: token).data == [])
            for verb in ["retry", "resolve"] {
                let refused = try await bench.call(
                    .post, "/v1/content/jobs/\(id)/\(verb)", token: token,
                    json: verb == "resolve" ? ["as": "failed"] : nil)
                #expect(refused.status == 409 && refused.code == "conflict")
            }
            #expect(try await bench.call(.delete, "/v1/content/jobs/\(id)", token: token).status == 409)
        }
    }

    @Test("a queued image is a job; a job can be canceled and begun anew")
    func queuedImage() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let reply = try await bench.call(
                .post, "/v1/content/generate/image", token: token, json: ["prompt": "A cup", "async": true])
            #expect(reply.status == 202 && reply.data["type"] == "image")
            let id = try #require(reply.data["job_id"]?.string)
            #expect(reply.data["waiting_because"]?.string?.isEmpty == false)
            let canceled = try await bench.call(.delete, "/v1/content/jobs/\(id)", token: token)
            #expect(canceled.status == 202 && canceled.data["status"] == "canceled")
            let again = try await bench.call(.post, "/v1/content/jobs/\(id)/retry", token: token)
            #expect(again.status == 200 && again.data["status"] == "pending")
        }
    }

    @Test("a duration that the model doesn't have is refused, and the allowed ones are named")
    func durations() async throws {
        try await APITestBench.run { bench in
            let reply = try await bench.call(
                .post, "/v1/content/generate/video", token: try bench.token("a"),
                json: ["prompt": "A cup", "model": "sora-2", "duration_seconds": 5])
            #expect(reply.status == 400 && reply.pointers == ["/duration_seconds"] && reply.text.contains("4, 8, 12"))
        }
    }

    @Test("pages follow each other to the end")
    func pages() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            var made: [String] = []
            for number in 0..<5 {
                let reply = try await bench.call(
                    .post, "/v1/content/generate/video", token: token, json: ["prompt": .string("A cup \(number)")])
                made.append(try #require(reply.data["job_id"]?.string))
            }
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await bench.call(.get, "/v1/content/jobs?limit=2\(cursor)", token: token)
                seen += page.data.array?.compactMap { $0["job_id"]?.string } ?? []
                cursor = page.json["next_cursor"]?.string.map { "&cursor=\($0)" } ?? ""
            } while !cursor.isEmpty
            #expect(seen.count == 5 && Set(seen) == Set(made))
            let all = try await bench.call(
                .get, "/v1/content/jobs?status=foo&type=bar&since=x&limit=999&cursor=!!&model=any", token: token)
            #expect(all.status == 400 && all.code == "invalid_request")
            #expect(Set(all.pointers) == ["status", "type", "since", "limit", "cursor"])
            let badCursor = try await bench.call(.get, "/v1/content/jobs?cursor=!!", token: token)
            #expect(badCursor.code == "invalid_cursor" && badCursor.pointers == ["cursor"])
            for query in ["limit=0", "limit=201", "limit=x", "cursor=!!", "status=odd", "type=odd", "since=yesterday"] {
                #expect(try await bench.call(.get, "/v1/content/jobs?\(query)", token: token).status == 400, "\(query)")
            }
        }
    }

    @Test("what the sandbox plays becomes the status of the taxonomy")
    func faults() async throws {
        try await APITestBench.run(["ATELIER_TEXT_RETRIES": "0"]) { bench in
            let token = try bench.token("a")
            for (fault, status, code) in [
                ("429", 429, "provider_rate_limited"), ("500", 502, "provider_error"),
                ("moderated", 422, "content_blocked_input"),
            ] {
                let reply = try await bench.call(
                    .post, "/v1/content/generate/text", token: token, json: ["prompt": "x"],
                    headers: [.sandboxFault: fault])
                #expect(reply.status == status && reply.code == code, "\(reply.text)")
                #expect(reply.json["attempts"]?.array?.isEmpty == false)
                if status == 429 { #expect(reply.headers[.retryAfter] != nil) }
            }
        }
    }

    @Test("a renderer's call counts only when it is signed")
    func videoComplete() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let made = try await bench.call(.post, "/v1/content/generate/video", token: token, json: ["prompt": "x"])
            let id = try #require(made.data["job_id"]?.string)
            let path = "/v1/content/webhooks/video-complete"
            let body = Array(
                #"{"job_id":"\#(id)","status":"completed","tenant_id":"a","result":{"url":"http://x"}}"#.utf8)
            func headers(_ body: [UInt8], _ now: Timestamp = .system()) -> HTTPFields {
                let signature = StandardWebhookSignature.sign(
                    id: "m1", timestamp: now.seconds, body: body, secrets: [bench.rooms.callbackSecret])
                return [.hookID: "m1", .hookTimestamp: "\(now.seconds)", .hookSignature: signature]
            }
            let good = try await bench.call(.post, path, bytes: body, headers: headers(body))
            #expect(
                good.status == 200 && good.json["success"] == true && good.json["message"]?.string?.isEmpty == false)
            #expect(try await bench.call(.post, path, bytes: body).status == 401)
            #expect(try await bench.call(.post, path, bytes: body + [0x20], headers: headers(body)).status == 401)
            let old = Timestamp.system() - .seconds(3_600)
            #expect(try await bench.call(.post, path, bytes: body, headers: headers(body, old)).status == 401)
            let other = Array(#"{"job_id":"\#(id)","status":"completed","tenant_id":"b"}"#.utf8)
            #expect(try await bench.call(.post, path, bytes: other, headers: headers(other)).status == 404)
            let bad = Array("{}".utf8)
            #expect(try await bench.call(.post, path, bytes: bad, headers: headers(bad)).status == 400)
        }
    }
}

extension HTTPField.Name {
    private static func made(_ name: String) -> HTTPField.Name { HTTPField.Name(name) ?? .from }

    static let lastEvent = made("Last-Event-ID")
    static let sandboxFault = made("X-Sandbox-Fault")
    static let idempotencyKey = made("Idempotency-Key")
    static let idempotencyReplayed = made("Idempotency-Replayed")
    static let requestID = made("X-Request-Id")
    static let rateLimit = made("RateLimit")
    static let rateLimitPolicy = made("RateLimit-Policy")
    static let hookID = made("webhook-id")
    static let hookTimestamp = made("webhook-timestamp")
    static let hookSignature = made("webhook-signature")
}
