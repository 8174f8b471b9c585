import FoundationEssentials
import Synchronization
package import TestKit
import Vocabulary

/// A server on 127.0.0.1 that speaks OpenAI's format: chat completions, plain and streamed, images, models.
///
/// It answers with the last message of the user, so that a test can see its own words come back, counts words as
/// tokens, and fails on demand.
package final class OpenAICompatibleDouble: Sendable {
    /// What a request meets instead of a proper answer.
    package enum Fault: Sendable, Hashable {
        case rateLimited(retryAfter: Int?)
        case insufficientQuota
        case serverError
        case unavailable
        case unauthorized
        case modelNotFound
        case badRequest
        /// 200, and the choice says `content_filter`.
        case contentFilter
        /// 400 with `moderation_blocked`.
        case moderationBlocked
        /// No answer at all.
        case hang
        /// The request was read; the connection ends with a RST.
        case resetAfterAccepting
        /// The answer begins; the connection ends with a RST.
        case resetMidStream
        /// The answer is shorter than announced.
        case truncatedBody
        /// 200, and no JSON.
        case garbageBody
        /// 200, and a page, as from a proxy in between.
        case htmlBody
        case emptyChoices
        /// The proper answer, later.
        case slow(Duration)
    }

    package enum ImageDelivery: Sendable {
        case base64
        /// By a link to this server.
        case url
    }

    private struct State {
        var queue: [Fault?] = []
        var always: Fault?
        var reply: @Sendable (String) -> String = { "You said: \($0)" }
        var imageDelivery = ImageDelivery.base64
        var wordPause = Duration.zero
    }

    package let models: [String]
    private let server: HTTPDouble
    private let state: Mutex<State>

    /// What goes into a setting as the base: `http://127.0.0.1:PORT/v1`.
    package var baseURL: String { server.url + "/v1" }
    /// All requests so far.
    package var requests: [HTTPDouble.Request] { server.requests }
    /// The requests that would have cost something: completions and images.
    package var paidRequests: [HTTPDouble.Request] { requests.filter { $0.method == "POST" } }
    package var connections: Int { server.connections }

    private init(models: [String], server: HTTPDouble) {
        self.models = models
        self.server = server
        self.state = Mutex(State())
    }

    package static func start(models: [String] = ["double-text", "double-image"]) async throws -> OpenAICompatibleDouble
    {
        let server = try await HTTPDouble.start { _ in .hang }
        let double = OpenAICompatibleDouble(models: models, server: server)
        server.handle { [weak double] request in double?.answer(request) ?? .reset }
        return double
    }

    package func stop() async { await server.stop() }

    /// The next requests meet these, one each; nil stands for a proper answer.
    package func fail(next faults: Fault?...) { state.withLock { $0.queue += faults } }

    /// Every request meets this, once the queue is empty; nil ends it.
    package func fail(always fault: Fault?) { state.withLock { $0.always = fault } }

    /// Answers otherwise than with the user's own words.
    package func reply(_ reply: @escaping @Sendable (_ prompt: String) -> String) {
        state.withLock { $0.reply = reply }
    }

    package func deliver(images delivery: ImageDelivery) { state.withLock { $0.imageDelivery = delivery } }

    /// Waits that long before each word of a stream.
    package func pause(beforeWord pause: Duration) { state.withLock { $0.wordPause = pause } }

    // MARK: Answers

    private func answer(_ request: HTTPDouble.Request) -> HTTPDouble.Reply {
        if request.method == "GET", request.path.hasPrefix("/files/") { return file(request) }
        let fault = state.withLock { state in state.queue.isEmpty ? state.always : state.queue.removeFirst() }
        if let fault, let reply = refusal(fault) { return reply }
        var reply: HTTPDouble.Reply
        switch (request.method, request.path) {
        case ("GET", "/v1/models"): reply = modelList()
        case ("POST", "/v1/chat/completions"): reply = completion(request, fault)
        case ("POST", "/v1/images/generations"): reply = image(request)
        default: reply = Self.error(404, "invalid_request_error", code: "unknown_url", "Unknown request URL")
        }
        switch fault {
        case .slow(let time): reply.delay = time
        case .truncatedBody: reply = Self.cut(reply, by: .close)
        case .resetMidStream: reply = Self.cut(reply, by: .reset)
        default: break
        }
        return reply
    }

    private func refusal(_ fault: Fault) -> HTTPDouble.Reply? {
        switch fault {
        case .rateLimited(let wait):
            var reply = Self.error(429, "requests", code: "rate_limit_exceeded", "Rate limit reached")
            if let wait { reply.headers.append(("Retry-After", String(wait))) }
            return reply
        case .insufficientQuota:
            return Self.error(429, "insufficient_quota", code: "insufficient_quota", "You exceeded your current quota")
        case .serverError: return Self.error(500, "server_error", code: nil, "The server had an error")
        case .unavailable: return Self.error(503, "server_error", code: nil, "The engine is currently overloaded")
        case .unauthorized:
            return Self.error(401, "invalid_request_error", code: "invalid_api_key", "Incorrect API key provided")
        case .modelNotFound:
            return Self.error(404, "invalid_request_error", code: "model_not_found", "The model does not exist")
        case .badRequest:
            return Self.error(400, "invalid_request_error", code: "unknown_parameter", "Unknown parameter")
        case .moderationBlocked:
            return Self.error(
                400, "image_generation_user_error", code: "moderation_blocked",
                "Your request was blocked by our moderation system.")
        case .hang: return .hang
        case .resetAfterAccepting: return .reset
        case .garbageBody:
            return HTTPDouble.Reply(
                200, headers: [("Content-Type", "application/json")], text: "{\"id\": nonsense\u{1}")
        case .htmlBody:
            return HTTPDouble.Reply(
                200, headers: [("Content-Type", "text/html")],
                text: "<html><body><h1>Welcome to nginx!</h1></body></html>")
        case .contentFilter, .resetMidStream, .truncatedBody, .emptyChoices, .slow: return nil
        }
    }

    private func modelList() -> HTTPDouble.Reply {
        let list: [JSONValue] = models.map {
            ["id": .string($0), "object": "model", "created": 1_767_225_600, "owned_by": "double"]
        }
        return Self.json(200, ["object": "list", "data": .array(list)])
    }

    private func completion(_ request: HTTPDouble.Request, _ fault: Fault?) -> HTTPDouble.Reply {
        guard let body = Self.parse(request.body), let model = body["model"]?.string,
            let messages = body["messages"]?.array
        else { return Self.error(400, "invalid_request_error", code: nil, "model and messages are required") }
        let prompt = messages.last { $0["role"]?.string == "user" }?["content"]?.string ?? ""
        let (reply, pause) = state.withLock { ($0.reply, $0.wordPause) }
        var words = reply(prompt).split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        var finish = "stop"
        if let most = (body["max_completion_tokens"] ?? body["max_tokens"])?.int, words.count > Int(most) {
            words.removeLast(words.count - Int(most))
            finish = "length"
        }
        if fault == .contentFilter {
            words = []
            finish = "content_filter"
        }
        let promptWords = Int64(messages.reduce(0) { $0 + ($1["content"]?.string?.split(separator: " ").count ?? 0) })
        let usage: JSONValue = [
            "prompt_tokens": .int(promptWords), "completion_tokens": .int(Int64(words.count)),
            "total_tokens": .int(promptWords + Int64(words.count)),
        ]
        if body["stream"] == .bool(true) {
            return stream(
                words, model: model, finish: fault == .emptyChoices ? nil : finish,
                usage: body["stream_options"]?["include_usage"] == .bool(true) ? usage : nil, pause: pause)
        }
        let choice: JSONValue = [
            "index": 0, "finish_reason": .string(finish), "logprobs": .null,
            "message": ["role": "assistant", "content": .string(words.joined(separator: " ")), "refusal": .null],
        ]
        return Self.json(
            200,
            [
                "id": "chatcmpl-double", "object": "chat.completion", "created": 1_767_225_600, "model": .string(model),
                "choices": fault == .emptyChoices ? [] : [choice], "usage": usage,
            ])
    }

    /// - Parameter finish: nil for a stream without any choice.
    private func stream(
        _ words: [String], model: String, finish: String?, usage: JSONValue?, pause: Duration
    ) -> HTTPDouble.Reply {
        func event(_ choices: JSONValue, usage: JSONValue? = nil) -> HTTPDouble.Step {
            var members: [String: JSONValue] = [
                "id": "chatcmpl-double", "object": "chat.completion.chunk", "created": 1_767_225_600,
                "model": .string(model), "choices": choices,
            ]
            if let usage { members["usage"] = usage }
            return .bytes(Array("data: ".utf8) + Self.encode(.object(members)) + Array("\n\n".utf8))
        }
        func choice(_ delta: JSONValue, _ finish: JSONValue = .null) -> JSONValue {
            [["index": 0, "delta": delta, "finish_reason": finish]]
        }
        var steps: [HTTPDouble.Step] = []
        if let finish {
            steps.append(event(choice(["role": "assistant", "content": ""])))
            for (index, word) in words.enumerated() {
                if pause > .zero { steps.append(.pause(pause)) }
                steps.append(event(choice(["content": .string(index == 0 ? word : " " + word)])))
            }
            steps.append(event(choice([:], .string(finish))))
        }
        if let usage { steps.append(event([], usage: usage)) }
        steps.append(.bytes(Array("data: [DONE]\n\n".utf8)))
        return HTTPDouble.Reply(
            200, headers: [("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")], steps: steps)
    }

    private func image(_ request: HTTPDouble.Request) -> HTTPDouble.Reply {
        guard let body = Self.parse(request.body), let prompt = body["prompt"]?.string else {
            return Self.error(400, "invalid_request_error", code: nil, "prompt is required")
        }
        let size = body["size"]?.string ?? "1024x1024"
        let sides = size.split(separator: "x").compactMap { Int($0) }
        guard sides.count == 2, sides.allSatisfy({ (1...4096).contains($0) }) else {
            return Self.error(400, "invalid_request_error", code: "invalid_value", "Invalid size")
        }
        let count = min(max(body["n"]?.int ?? 1, 1), 10)
        let delivery = state.withLock { $0.imageDelivery }
        let item: JSONValue
        switch delivery {
        case .base64:
            let picture = Data(blankPNG(width: sides[0], height: sides[1])).base64EncodedString()
            item = ["b64_json": .string(picture)]
        case .url:
            item = ["url": .string("\(server.url)/files/\(size).png"), "revised_prompt": .string(prompt)]
        }
        return Self.json(
            200,
            [
                "created": 1_767_225_600, "size": .string(size), "quality": "high", "output_format": "png",
                "background": "opaque", "data": .array(Array(repeating: item, count: Int(count))),
                "usage": ["input_tokens": 10, "output_tokens": 100, "total_tokens": 110],
            ])
    }

    private func file(_ request: HTTPDouble.Request) -> HTTPDouble.Reply {
        let name = request.path.dropFirst("/files/".count).prefix { $0 != "." }
        let sides = name.split(separator: "x").compactMap { Int($0) }
        guard sides.count == 2 else { return HTTPDouble.Reply(404) }
        return HTTPDouble.Reply(
            200, headers: [("Content-Type", "image/png")], steps: [.bytes(blankPNG(width: sides[0], height: sides[1]))])
    }

    // MARK: JSON

    /// Keeps the first half of the answer, with the length of the whole announced, and ends the connection.
    private static func cut(_ reply: HTTPDouble.Reply, by end: HTTPDouble.Step) -> HTTPDouble.Reply {
        var reply = reply
        if case .bytes(let bytes)? = reply.steps.first, reply.steps.count == 1 {
            reply.headers.append(("Content-Length", String(bytes.count)))
            reply.steps = [.bytes(Array(bytes.prefix(bytes.count / 2)))]
        } else {
            reply.steps = Array(reply.steps.prefix(reply.steps.count / 2))
        }
        // What was written must be on its way before a RST throws it away.
        reply.steps += [.pause(.milliseconds(50)), end]
        return reply
    }

    private static func error(_ status: Int, _ type: String, code: String?, _ message: String) -> HTTPDouble.Reply {
        let code = code.map { JSONValue.string($0) } ?? .null
        return json(
            status, ["error": ["message": .string(message), "type": .string(type), "param": .null, "code": code]])
    }

    private static func json(_ status: Int, _ value: JSONValue) -> HTTPDouble.Reply {
        HTTPDouble.Reply(status, headers: [("Content-Type", "application/json")], steps: [.bytes(encode(value))])
    }

    private static func encode(_ value: JSONValue) -> [UInt8] {
        (try? JSONEncoder().encode(value)).map(Array.init) ?? []
    }

    private static func parse(_ body: [UInt8]) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(body))
    }
}

/// Runs `body` with a double that is stopped afterwards.
package func withOpenAICompatibleDouble<Result>(
    models: [String] = ["double-text", "double-image"], _ body: (OpenAICompatibleDouble) async throws -> Result
) async throws -> Result {
    let double = try await OpenAICompatibleDouble.start(models: models)
    do {
        let result = try await body(double)
        await double.stop()
        return result
    } catch {
        await double.stop()
        throw error
    }
}
