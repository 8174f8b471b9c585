import Egress
import Engines
import Media
import ProviderDoubles
import TestKit
import Testing
import Vocabulary

@Suite("OpenAI-compatible: images and models")
struct OpenAICompatibleImageTests {
    private func facts(_ media: MediaStream) async throws -> MediaFacts {
        var inspector = MediaInspector(expecting: .image)
        try inspector.feed(try await media.bytes())
        return try inspector.finish()
    }

    @Test("an image in the answer")
    func base64() async throws {
        try await withEngine { engine, double in
            let result = try await engine.image(imageRequest("a cat", 512, 256, model: "double-image"), call())
            let facts = try await facts(result.media)
            #expect(facts.width == 512 && facts.height == 256)
            let body = try #require(double.paidRequests.first?.json)
            #expect(body["size"]?.string == "512x256")
            #expect(body["n"]?.int == 1)
            #expect(body["style"] == nil && body["quality"] == nil && body["response_format"] == nil)
        }
    }

    @Test("an image by a link to the engine's own server is fetched with the key")
    func link() async throws {
        try await withEngine { engine, double in
            double.deliver(images: .url)
            let result = try await engine.image(imageRequest("a cat", 640, 480), call())
            #expect(result.revisedPrompt == "a cat")
            #expect(try await facts(result.media).width == 640)
            let fetched = try #require(double.requests.last)
            #expect(fetched.path == "/files/640x480.png")
            #expect(fetched.header("Authorization") == "Bearer sk-test-key")
        }
    }

    @Test(
        "a link to another private server is not followed",
        arguments: ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
    func foreignLink(host: String) async throws {
        try await withHTTPDouble(handler: { _ in .init(200, text: "secret") }) { other in
            let answer = "{\"data\":[{\"url\":\"http://\(host):\(other.port)/x.png\"}]}"
            try await withHTTPDouble(handler: { _ in .init(200, json: answer) }) { server in
                try await withEgress { egress in
                    let engine = OpenAICompatible(
                        name: "plain", baseURL: server.url + "/v1", key: Secret("k"), egress: egress, logger: silent)
                    let error = await engineError { try await engine.image(imageRequest("x"), call()).revisedPrompt }
                    #expect(error?.code == .assetDownloadFailed)
                }
            }
            #expect(other.requests.isEmpty)
        }
    }

    @Test("GPT image models get neither style nor response_format, and their own sizes and qualities")
    func gptImage() async throws {
        try await withEngine(kind: .openAI) { engine, double in
            for (model, quality) in [("gpt-image-1.5", "hd"), ("gpt-image-2", "standard"), ("gpt-image-9", "low")] {
                var request = imageRequest("a cat", 1792, 1024, model: model)
                request.style = "vivid"
                request.quality = quality
                request.negativePrompt = "dogs"
                request.instructions = "in oil"
                _ = try await engine.image(request, call())
            }
            let bodies = double.paidRequests.compactMap(\.json)
            #expect(bodies.allSatisfy { $0["style"] == nil && $0["response_format"] == nil })
            #expect(bodies.map { $0["size"]?.string } == ["1536x1024", "1792x1024", "1536x1024"])
            #expect(bodies.map { $0["quality"]?.string } == ["high", "auto", "low"])
            #expect(bodies.allSatisfy { $0["prompt"]?.string == "a cat\n\nin oil\n\nAvoid: dogs" })
        }
    }

    @Test("DALL-E models get what DALL-E took")
    func dallE() async throws {
        try await withEngine { engine, double in
            var request = imageRequest("a cat", 1792, 1024, model: "dall-e-3")
            request.style = "natural"
            request.quality = "hd"
            _ = try await engine.image(request, call())
            let body = try #require(double.paidRequests.first?.json)
            #expect(body["style"]?.string == "natural")
            #expect(body["quality"]?.string == "hd")
            #expect(body["response_format"]?.string == "b64_json")
            #expect(body["size"]?.string == "1792x1024")
        }
    }

    static let faults: [(OpenAICompatibleDouble.Fault, EngineError.Code)] = [
        (.moderationBlocked, .contentBlockedInput), (.insufficientQuota, .providerQuota),
        (.serverError, .providerError),
        (.resetAfterAccepting, .providerTimeout), (.truncatedBody, .providerTimeout), (.htmlBody, .providerError),
    ]

    @Test("an image that fails is asked for once", arguments: faults)
    func fault(fault: OpenAICompatibleDouble.Fault, code: EngineError.Code) async throws {
        try await withEngine { engine, double in
            double.fail(next: fault)
            let error = await engineError { try await engine.image(imageRequest("x"), call()).revisedPrompt }
            #expect(error?.code == code)
            #expect(double.paidRequests.count == 1)
        }
    }

    @Test(
        "an answer without an image is none",
        arguments: [#"{"data":[]}"#, #"{}"#, #"{"data":[{}]}"#, #"{"data":[{"b64_json":"@@@"}]}"#])
    func empty(answer: String) async throws {
        try await withHTTPDouble(handler: { _ in .init(200, json: answer) }) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                let error = await engineError { try await engine.image(imageRequest("x"), call()).revisedPrompt }
                #expect(error?.code == .generationFailed)
            }
        }
    }

    @Test("an output-stage block is told from an input-stage block; billing is told from a rate")
    func errorCodes() async throws {
        let cases: [(Int, String, EngineError.Code)] = [
            (
                400, #"{"error":{"code":"moderation_blocked","moderation_details":{"moderation_stage":"output"}}}"#,
                .contentBlockedOutput
            ),
            (
                400, #"{"error":{"code":"moderation_blocked","moderation_details":{"moderation_stage":"input"}}}"#,
                .contentBlockedInput
            ),
            (400, #"{"error":{"code":"content_policy_violation"}}"#, .contentBlockedInput),
            (400, #"{"error":{"code":"billing_hard_limit_reached"}}"#, .providerQuota),
            (429, #"{"error":{"code":"credit_balance_exhausted"}}"#, .providerQuota),
            (429, #"{"error":{"code":"slow_down"}}"#, .providerRateLimited), (429, "busy", .providerRateLimited),
            (404, #"{"error":"model 'x' not found"}"#, .modelNotFound), (402, "", .providerQuota),
            (422, #"{"detail":[{"loc":["body"]}]}"#, .providerRejectedRequest), (413, "", .payloadTooLarge),
            (408, "", .providerTimeout), (504, "<html>", .providerTimeout), (529, "", .providerOverloaded),
            (403, #"{"error":{"code":403,"message":"no"}}"#, .providerAuth), (502, "<html>", .providerError),
            (200, #"{"error":{"code":"server_error"}}"#, .providerError),
        ]
        for (status, body, code) in cases {
            try await withHTTPDouble(handler: { _ in .init(status, json: body) }) { server in
                try await withEgress { egress in
                    let engine = OpenAICompatible(
                        name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                    let error = await engineError { try await engine.text(textRequest("x"), call()) }
                    #expect(error?.code == code, "\(status) \(body)")
                }
            }
        }
    }

    @Test("our key never reaches the log")
    func keyInError() async throws {
        let answer =
            #"{"error":{"message":"Incorrect API key sk-test-key or sk-other given","code":"invalid_api_key"}}"#
        try await withHTTPDouble(handler: { _ in .init(401, json: answer) }) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: Secret("sk-test-key"), egress: egress,
                    logger: silent)
                let error = await engineError { try await engine.text(textRequest("x"), call()) }
                let said = try #require(error?.providerDetail)
                #expect(said.contains("Incorrect API key"))
                #expect(!said.contains("test-key") && !said.contains("sk-other"))
            }
        }
    }

    @Test("films are refused")
    func films() async throws {
        try await withEngine { engine, double in
            let request = VideoRequest(model: "m", prompt: "x", durationSeconds: 4, aspectRatio: .square)
            #expect(await engineError { try await engine.submitVideo(request, call()) }?.code == .unsupportedParameter)
            #expect(!engine.modalities.contains(.video))
            #expect(double.requests.isEmpty)
        }
    }

    // MARK: Models

    @Test("a local engine's models are read once and believed for a while")
    func discovery() async throws {
        try await withEngine(models: ["gemma", "qwen"]) { engine, double in
            #expect(await engine.has("qwen", for: .text, call()))
            #expect(await !engine.has("gpt-4o", for: .text, call()))
            let own = try await engine.defaultModel(for: .text, call())
            #expect(own == "gemma")
            #expect(double.requests.filter { $0.path == "/v1/models" }.count == 1)
        }
    }

    @Test("a configured model needs no list, a server without a list gets a neutral name")
    func ownModel() async throws {
        try await withEngine(ownModels: [.text: "mine"]) { engine, double in
            let own = try await engine.defaultModel(for: .text, call())
            #expect(own == "mine")
            #expect(await engine.has("mine", for: .text, call()))
            #expect(double.requests.isEmpty)
            double.fail(always: .modelNotFound)
            let neutral = try await engine.defaultModel(for: .image, call())
            #expect(neutral == "default")
        }
    }

    @Test("OpenAI's models are known from the catalogue, without a call")
    func openAIModels() async throws {
        try await withEngine(kind: .openAI) { engine, double in
            #expect(await engine.has("gpt-4o", for: .text, call()))
            #expect(await !engine.has("gpt-4o", for: .image, call()))
            #expect(await !engine.has("veo-3.1", for: .video, call()))
            let own = try await engine.defaultModel(for: .image, call())
            #expect(own == "gpt-image-2")
            #expect(double.requests.isEmpty)
            #expect(await engine.has("double-text", for: .text, call()))
        }
    }
}
