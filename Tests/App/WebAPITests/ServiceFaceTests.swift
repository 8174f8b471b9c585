import Auth
import DatabaseSQLite
import HTTPTypes
import ProviderDoubles
import Server
import Tenants
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("The service's face, and the rest")
struct ServiceFaceTests {
    @Test("text, improve-prompt and image are bare")
    func bare() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            for path in ["/v1/generate/text", "/v1/improve-prompt"] {
                let reply = try await bench.call(.post, path, token: token, json: ["prompt": "Coffee"])
                #expect(reply.status == 200 && reply.json["success"] == nil)
                #expect(reply.json["content"]?.string?.isEmpty == false && (reply.json["tokens_used"]?.int ?? 0) > 0)
                #expect(reply.json["timestamp"]?.string != nil)
            }
            let image = try await bench.call(
                .post, "/v1/generate/image", token: token,
                json: ["prompt": "A cup", "resolution": "1792x1024", "model": "dall-e-3"])
            #expect(image.status == 200 && image.json["resolution"] == "1792x1024" && image.json["model"] == "dall-e-3")
            #expect(image.json["url"]?.string?.hasPrefix("http://api.test/v1/files/tenants/a/images/") == true)
        }
    }

    @Test("a duration is moved to the nearest that the model has, and the answer says so")
    func video() async throws {
        try await APITestBench.run(hasWorker: true) { bench in
            let token = try bench.token("a")
            let reply = try await bench.call(
                .post, "/v1/generate/video", token: token,
                json: ["prompt": "A cup", "model": "sora-2", "duration_seconds": 5])
            #expect(reply.status == 202 && reply.json["duration_seconds"] == 4)
            #expect(reply.json["message"]?.string?.isEmpty == false)
            let id = try #require(reply.json["job_id"]?.string)
            _ = try await bench.ended(id, token: token)
            let job = try await bench.call(.get, "/v1/jobs/\(id)", token: token)
            #expect(job.json["status"] == "completed" && job.json["progress"] == 100 && job.json["error"] == .null)
            #expect(job.json["result"]?["url"]?.string != nil)
        }
    }

    @Test("health needs no credential")
    func health() async throws {
        try await APITestBench.run { bench in
            for path in ["/health", "/v1/health"] {
                let reply = try await bench.call(.get, path)
                #expect(
                    reply.status == 200 && reply.json["service"] == "atelier" && reply.json["version"]?.string != nil)
            }
            #expect(try await bench.call(.get, "/v1/content/health").data["status"] == "healthy")
            #expect(try await bench.call(.get, "/health/live").status == 200)
            let ready = try await bench.call(.get, "/health/ready")
            #expect(
                ready.status == 200 && ready.json["checks"]?["database"] == true
                    && ready.json["checks"]?["storage"] == true)
            #expect(try await bench.call(.get, "/metrics").text == "# metrics\n")
            try await bench.rooms.database.close()
            let late = try await bench.call(.get, "/health/ready")
            #expect(late.status == 503 && late.json["checks"]?["database"] == false)
            #expect(try await bench.call(.get, "/v1/content/jobs", token: try bench.token("a")).status == 503)
        }
    }

    @Test("content is healthy when an engine answers, and unhealthy when none of those configured does")
    func contentHealth() async throws {
        let gone = try RefusingPort()
        let goneEngine = "gone=\(gone.url)/v1"
        try await APITestBench.run(["ATELIER_LOCAL_ENGINES": goneEngine]) { bench in
            let reply = try await bench.call(.get, "/v1/content/health")
            #expect(reply.status == 503 && reply.data["status"] == "unhealthy")
            #expect(reply.data["engines"]?["gone"] == false)
            let engines = try await bench.call(.get, "/v1/engines", token: try bench.token("a"))
            let listed = engines.json["data"]?.array?.first { $0["name"] == "gone" }
            #expect(engines.status == 200 && listed?["reachable"] == false)
        }
        try await withOpenAICompatibleDouble { double in
            let settings = [
                "ATELIER_LOCAL_ENGINES": "\(goneEngine),here=\(double.baseURL)", "ATELIER_HEALTH_DEADLINE": "20s",
            ]
            try await APITestBench.run(settings) { bench in
                let reply = try await bench.call(.get, "/v1/content/health")
                #expect(reply.status == 200 && reply.data["status"] == "healthy")
                #expect(reply.data["engines"]?["here"] == true && reply.data["engines"]?["gone"] == false)
            }
        }
    }

    @Test("a fault that the sandbox doesn't know is a bad request")
    func unknownFault() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            for path in ["/v1/generate/text", "/v1/generate/image"] {
                let reply = try await bench.call(
                    .post, path, token: token, json: ["prompt": "x"], headers: [.sandboxFault: "teapot"])
                #expect(reply.status == 400 && reply.code == "unsupported_parameter", "\(reply.text)")
            }
        }
    }

    @Test("the document and its page are served")
    func document() async throws {
        try await APITestBench.run { bench in
            let document = try await bench.call(.get, "/openapi.json")
            #expect(document.json["openapi"] == "3.1.0")
            let page = try await bench.call(.get, "/docs")
            #expect(
                page.status == 200 && page.text.contains("/v1/content/generate/text") && !page.text.contains("<script"))
        }
    }

    @Test("engines and models are listed with what is known of them")
    func engines() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a")
            let engines = try await bench.call(.get, "/v1/engines", token: token)
            #expect(engines.data.array?.compactMap { $0["name"]?.string } == ["sandbox"])
            let models = try await bench.call(.get, "/v1/models", token: token)
            let known = models.data.array?.first { $0["id"] == "dall-e-3" }
            #expect(known?["retired"] == true && known?["served_by"] == "sandbox")
        }
    }

    @Test("an endpoint can be made, changed, tried, rotated and removed")
    func webhooks() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .admin)
            let path = "/v1/webhooks/endpoints"
            let made = try await bench.call(
                .post, path, token: token, json: ["url": "https://example.com/hook", "events": ["job.completed"]])
            #expect(made.status == 201 && made.json["secret"]?.string?.hasPrefix("whsec_") == true)
            let id = try #require(made.json["id"]?.string)
            #expect(try await bench.call(.get, path, token: token).data.array?.count == 1)
            #expect(try await bench.call(.get, "\(path)/\(id)", token: token).json["secret"] == nil)
            let changed = try await bench.call(
                .patch, "\(path)/\(id)", token: token, json: ["enabled": false, "description": "later"])
            #expect(changed.json["enabled"] == false && changed.json["url"] == "https://example.com/hook")
            #expect(try await bench.call(.post, "\(path)/\(id)/test", token: token).status == 409)
            _ = try await bench.call(.patch, "\(path)/\(id)", token: token, json: ["enabled": true])
            let rotated = try await bench.call(.post, "\(path)/\(id)/rotate", token: token)
            #expect(rotated.json["secret"]?.string != made.json["secret"]?.string)
            let tried = try await bench.call(.post, "\(path)/\(id)/test", token: token)
            #expect(tried.status == 202 && tried.json["event"] == "endpoint.test")
            let delivery = try #require(tried.json["id"]?.string)
            let listed = try await bench.call(
                .get, "/v1/webhooks/deliveries?endpoint_id=\(id)&status=pending", token: token)
            #expect(listed.data.array?.compactMap { $0["id"]?.string } == [delivery])
            #expect(try await bench.call(.get, "/v1/webhooks/deliveries/\(delivery)", token: token).status == 200)
            #expect(
                try await bench.call(.post, "/v1/webhooks/deliveries/\(delivery)/redeliver", token: token).status == 202
            )
            #expect(try await bench.call(.delete, "\(path)/\(id)", token: token).status == 204)
            #expect(try await bench.call(.get, "\(path)/\(id)", token: token).status == 404)
            let bad = try await bench.call(.post, path, token: token, json: ["url": "ftp://x", "events": ["no"]])
            #expect(bad.status == 400 && Set(bad.pointers) == ["/url", "/events/0"])
            let first = try await bench.call(.get, "/v1/webhooks/signing-secret", token: token)
            let second = try await bench.call(.post, "/v1/webhooks/signing-secret/rotate", token: token)
            #expect(first.json["secret"]?.string != second.json["secret"]?.string)
        }
    }

    @Test("an API key works until it is revoked; a test key gets the sandbox and can't make a live one")
    func keys() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .admin)
            let made = try await bench.call(
                .post, "/v1/api-keys", token: token, json: ["name": "ci", "test": true, "roles": ["admin"]])
            #expect(made.status == 201)
            let key = try #require(made.json["key"]?.string)
            #expect(key.hasPrefix("atl_test_"))
            let current = try await bench.call(.get, "/v1/tenants/current", token: key)
            #expect(current.json["id"] == "a" && current.json["test"] == true)
            #expect(try await bench.call(.post, "/v1/api-keys", token: key, json: ["name": "x"]).status == 403)
            let text = try await bench.call(.post, "/v1/generate/text", token: key, json: ["prompt": "x"])
            #expect(text.status == 200 && text.json["served_by"] == "sandbox")
            let listed = try await bench.call(.get, "/v1/api-keys", token: token)
            #expect(listed.data.array?.count == 1 && !listed.text.contains(key))
            let id = try #require(made.json["id"]?.string)
            #expect(try await bench.call(.delete, "/v1/api-keys/\(id)", token: token).status == 204)
            #expect(try await bench.call(.get, "/v1/tenants/current", token: key).status == 401)
            #expect(
                try await bench.call(
                    .post, "/v1/api-keys", token: token, json: ["name": "x", "expires_at": "2001-01-01T00:00:00Z"]
                ).status == 400)
        }
    }

    @Test("tenants are made by those who run the installation; an unknown one is refused where it isn't made")
    func tenants() async throws {
        try await APITestBench.run(["ATELIER_OPEN_TENANTS": "false"]) { bench in
            _ = try await bench.rooms.tenants.create(try #require(TenantID("ops")))
            let token = try bench.token("ops", .platformAdmin)
            #expect(
                try await bench.call(.get, "/v1/content/jobs", token: try bench.token("new")).code == "tenant_unknown")
            #expect(try await bench.call(.post, "/v1/tenants", token: token, json: ["name": "new"]).status == 201)
            #expect(
                try await bench.call(.post, "/v1/tenants", token: token, json: ["name": "new"]).code == "already_exists"
            )
            #expect(try await bench.call(.post, "/v1/tenants", token: token, json: ["name": "No"]).status == 400)
            #expect(try await bench.call(.get, "/v1/tenants", token: token).data.array?.count == 2)
            #expect(try await bench.call(.get, "/v1/content/jobs", token: try bench.token("new")).status == 200)
            _ = try await bench.rooms.tenants.suspend(try #require(TenantID("new")))
            #expect(
                try await bench.call(.get, "/v1/content/jobs", token: try bench.token("new")).code == "tenant_suspended"
            )
        }
    }
}
