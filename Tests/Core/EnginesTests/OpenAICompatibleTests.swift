import Egress
import Engines
import FoundationEssentials
import Logging
import Media
import ProviderDoubles
import TestKit
import Testing
import Vocabulary

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` with a way out that is closed afterwards.
func withEgress<Value>(_ body: (Egress) async throws -> Value) async throws -> Value {
    let egress = Egress(limits: EgressLimits(), surroundings: .system, logger: silent)
    do {
        let value = try await body(egress)
        await egress.shutdown()
        return value
    } catch {
        await egress.shutdown()
        throw error
    }
}

/// Runs `body` with an engine in front of a double.
func withEngine<Value>(
    kind: OpenAICompatible.Kind = .local, key: String? = "sk-test-key", ownModels: [Modality: String] = [:],
    models: [String] = ["double-text", "double-image"], limits: EngineLimits = EngineLimits(),
    _ body: (OpenAICompatible, OpenAICompatibleDouble) async throws -> Value
) async throws -> Value {
    try await withOpenAICompatibleDouble(models: models) { double in
        try await withEgress { egress in
            let engine = OpenAICompatible(
                name: "double", baseURL: double.baseURL + "/", key: key.map(Secret.init), kind: kind,
                ownModels: ownModels, egress: egress, limits: limits, logger: silent)
            return try await body(engine, double)
        }
    }
}

extension HTTPDouble.Request {
    var json: JSONValue? { try? JSONDecoder().decode(JSONValue.self, from: Data(body)) }
}

@Suite("OpenAI-compatible: texts")
struct OpenAICompatibleTextTests {
    @Test("a text, its tokens, and what was sent")
    func text() async throws {
        try await withEngine { engine, double in
            let result = try await engine.text(
                textRequest("hello there", format: "social-post", model: "double-text"), call())
            #expect(result.content == "You said: hello there")
            #expect(result.usage.completion == 4)
            #expect(result.usage.prompt > 2)
            #expect(result.finishReason == "stop")
            let sent = try #require(double.paidRequests.first)
            #expect(sent.path == "/v1/chat/completions")
            #expect(sent.header("Authorization") == "Bearer sk-test-key")
            let body = try #require(sent.json)
            #expect(body["model"]?.string == "double-text")
            #expect(body["messages"]?.array?.count == 2)
            #expect(body["max_tokens"]?.int == 2000)
            #expect(body["max_completion_tokens"] == nil)
            #expect(body["stream"] == nil)
        }
    }

    @Test("a server without a key gets none, and the trace goes along")
    func keyless() async throws {
        try await withEngine(key: nil) { engine, double in
            var traced = call()
            traced.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            _ = try await engine.text(textRequest("hi"), traced)
            let sent = try #require(double.paidRequests.first)
            #expect(sent.header("Authorization") == nil)
            #expect(sent.header("traceparent") == traced.traceparent)
        }
    }

    @Test("a limit on tokens is the server's to keep")
    func length() async throws {
        try await withEngine { engine, _ in
            let result = try await engine.text(textRequest("one two three four", tokens: 3), call())
            #expect(result.finishReason == "length")
            #expect(result.usage.completion == 3)
        }
    }

    @Test("OpenAI gets its own names and each model's rules for the temperature")
    func openAI() async throws {
        try await withEngine(kind: .openAI) { engine, double in
            for model in ["gpt-4o", "gpt-6-luna", "o3"] {
                _ = try await engine.text(textRequest("hi", model: model), call())
            }
            let bodies = double.paidRequests.compactMap(\.json)
            #expect(bodies.allSatisfy { $0["max_completion_tokens"]?.int == 2000 && $0["max_tokens"] == nil })
            #expect(bodies.map { $0["temperature"] != nil } == [true, true, false])
            #expect(bodies.map { $0["reasoning_effort"]?.string } == [nil, "none", nil])
        }
    }

    static let faults: [(OpenAICompatibleDouble.Fault, EngineError.Code, Int?)] = [
        (.rateLimited(retryAfter: 7), .providerRateLimited, 429), (.insufficientQuota, .providerQuota, 429),
        (.serverError, .providerError, 500), (.unavailable, .providerOverloaded, 503),
        (.unauthorized, .providerAuth, 401), (.modelNotFound, .modelNotFound, 404),
        (.badRequest, .providerRejectedRequest, 400), (.contentFilter, .contentBlockedInput, 200),
        (.moderationBlocked, .contentBlockedInput, 400), (.resetAfterAccepting, .providerTimeout, nil),
        (.resetMidStream, .providerError, nil), (.truncatedBody, .providerError, nil),
        (.garbageBody, .providerError, 200), (.htmlBody, .providerError, 200), (.emptyChoices, .generationFailed, nil),
    ]

    @Test("each way to fail has its code, and the provider's words stay inside", arguments: faults)
    func fault(fault: OpenAICompatibleDouble.Fault, code: EngineError.Code, status: Int?) async throws {
        try await withEngine { engine, double in
            double.fail(next: fault)
            let error = await engineError { try await engine.text(textRequest("hi"), call()) }
            #expect(error?.code == code)
            #expect(error?.httpStatus == status)
            for words in ["Rate limit reached", "quota", "nginx", "Incorrect", "moderation", "nonsense"] {
                #expect(error?.detail.contains(words) == false)
            }
            #expect(double.paidRequests.count == 1, "an engine doesn't repeat by itself")
        }
    }

    @Test("the wait that the server asks for is passed on")
    func retryAfter() async throws {
        try await withEngine { engine, double in
            double.fail(next: .rateLimited(retryAfter: 7))
            let error = await engineError { try await engine.text(textRequest("hi"), call()) }
            #expect(error?.retryAfter == .seconds(7))
            #expect(error?.providerCode == "rate_limit_exceeded")
            #expect(error?.providerDetail == "Rate limit reached")
        }
    }

    @Test("a server that hangs is given up at the deadline")
    func hang() async throws {
        try await withEngine { engine, double in
            double.fail(next: .hang)
            let short = EngineCall(requestID: "r", deadline: .system() + .milliseconds(300))
            let error = await engineError { try await engine.text(textRequest("hi"), short) }
            #expect(error?.code == .providerTimeout)
        }
    }

    @Test("a server that isn't there")
    func refused() async throws {
        let gone = try RefusingPort()
        try await withEgress { egress in
            let engine = OpenAICompatible(
                name: "gone", baseURL: gone.url + "/v1", key: nil, egress: egress, logger: silent)
            let error = await engineError { try await engine.text(textRequest("hi"), call()) }
            #expect(error?.code == .connectionFailed)
        }
    }

    @Test("an answer over the limit is refused")
    func tooLarge() async throws {
        var limits = EngineLimits()
        limits.textAnswer = 10_000
        try await withEngine(limits: limits) { engine, double in
            double.reply { _ in String(repeating: "word ", count: 1_900) + String(repeating: "x", count: 20_000) }
            let error = await engineError { try await engine.text(textRequest("hi"), call()) }
            #expect(error?.code == .providerError)
        }
    }

    @Test("tokens that nobody counted are estimated")
    func estimated() async throws {
        let answer = #"{"choices":[{"message":{"content":"abcdefgh"},"finish_reason":"stop"}]}"#
        try await withHTTPDouble(handler: { _ in .init(200, json: answer) }) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                let result = try await engine.text(textRequest("12345678"), call())
                #expect(result.usage == TokenUsage(prompt: 2, completion: 2))
            }
        }
    }
}

@Suite("OpenAI-compatible: streams")
struct OpenAICompatibleStreamTests {
    @Test("a stream: the words as they come, the whole at the end, tokens counted by the server")
    func stream() async throws {
        try await withEngine { engine, double in
            let stream = try await engine.textStream(textRequest("hello there"), call())
            let (events, error) = await collect(stream)
            #expect(error == nil)
            #expect(events.deltas == ["You", " said:", " hello", " there"])
            #expect(events.result?.content == "You said: hello there")
            #expect(events.result?.usage == TokenUsage(prompt: 2, completion: 4))
            #expect(events.result?.finishReason == "stop")
            let body = double.paidRequests.first?.json
            #expect(body?["stream"] == .bool(true))
            #expect(body?["stream_options"]?["include_usage"] == .bool(true))
        }
    }

    @Test("a piece is there before the stream is over")
    func early() async throws {
        let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"
        try await withHTTPDouble(
            handler: { _ in
                .init(
                    200, headers: [("Content-Type", "text/event-stream")], steps: [.bytes(Array(piece.utf8)), .hang])
            }
        ) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                var pieces = try await engine.textStream(textRequest("x"), call()).makeAsyncIterator()
                #expect(try await pieces.next() == .delta("Hi"))
            }
        }
    }

    @Test(
        "before the first piece a failure has its code",
        arguments: [
            (OpenAICompatibleDouble.Fault.rateLimited(retryAfter: 1), EngineError.Code.providerRateLimited),
            (.insufficientQuota, .providerQuota), (.serverError, .providerError), (.unauthorized, .providerAuth),
            (.contentFilter, .contentBlockedInput), (.emptyChoices, .generationFailed), (.htmlBody, .providerError),
            (.resetAfterAccepting, .providerTimeout),
        ])
    func refused(fault: OpenAICompatibleDouble.Fault, code: EngineError.Code) async throws {
        try await withEngine { engine, double in
            double.fail(next: fault)
            var found: EngineError?
            do {
                found = await collect(try await engine.textStream(textRequest("hi"), call())).error
            } catch {
                found = error as? EngineError
            }
            #expect(found?.code == code)
        }
    }

    @Test(
        "after the first piece it is an interruption",
        arguments: [OpenAICompatibleDouble.Fault.resetMidStream, .truncatedBody])
    func interrupted(fault: OpenAICompatibleDouble.Fault) async throws {
        try await withEngine { engine, double in
            double.fail(next: fault)
            let (events, error) = await collect(
                try await engine.textStream(textRequest("one two three four five six seven"), call()))
            #expect(!events.deltas.isEmpty)
            #expect(events.result == nil)
            #expect(error?.code == .streamInterrupted)
        }
    }

    @Test("an error object in the stream", arguments: [true, false])
    func errorObject(afterText: Bool) async throws {
        let text = afterText ? "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n" : ""
        let fault = "data: {\"error\":{\"message\":\"busy\",\"code\":\"rate_limit_exceeded\"}}\n\n"
        try await withHTTPDouble(
            handler: { _ in .init(200, headers: [("Content-Type", "text/event-stream")], text: text + fault) }
        ) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                let (_, error) = await collect(try await engine.textStream(textRequest("x"), call()))
                #expect(error?.code == (afterText ? .streamInterrupted : .providerRateLimited))
            }
        }
    }

    @Test(
        "a stream that ends without [DONE] but with its reason is whole; without both it isn't",
        arguments: [true, false])
    func end(hasReason: Bool) async throws {
        let reason = hasReason ? "\"stop\"" : "null"
        let text = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"},\"finish_reason\":\(reason)}]}\n\n"
        try await withHTTPDouble(
            handler: { _ in .init(200, headers: [("Content-Type", "text/event-stream")], text: text) }
        ) { server in
            try await withEgress { egress in
                let engine = OpenAICompatible(
                    name: "plain", baseURL: server.url + "/v1", key: nil, egress: egress, logger: silent)
                let (events, error) = await collect(try await engine.textStream(textRequest("x"), call()))
                #expect(events.result?.content == (hasReason ? "Hi" : nil))
                #expect(error?.code == (hasReason ? nil : .streamInterrupted))
            }
        }
    }
}
