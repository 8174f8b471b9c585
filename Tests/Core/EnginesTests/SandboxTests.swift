import Engines
import Media
import NIOCore
import Testing
import Vocabulary

/// A call with that many seconds left.
func call(
    _ requestID: String = "req_1", seconds: Int64 = 60, fault: String? = nil, at now: Timestamp = .system()
) -> EngineCall {
    EngineCall(requestID: requestID, deadline: now + .seconds(seconds), sandboxFault: fault)
}

func textRequest(
    _ prompt: String, format: String? = nil, tokens: Int = 2000, model: String = "any"
) -> TextRequest {
    TextRequest(
        model: model, system: format.map { "You write well.\nFormat: \($0)" }, prompt: prompt, maximumTokens: tokens,
        temperature: 0.7)
}

func imageRequest(_ prompt: String, _ width: Int = 256, _ height: Int = 256, model: String = "any") -> ImageRequest {
    ImageRequest(model: model, prompt: prompt, width: width, height: height)
}

extension MediaStream {
    func bytes() async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await var chunk in body { all += chunk.readBytes(length: chunk.readableBytes) ?? [] }
        return all
    }
}

/// All events of a stream, and the error that ended it.
func collect(
    _ stream: AsyncThrowingStream<TextEvent, any Error>
) async -> (events: [TextEvent], error: EngineError?) {
    var events: [TextEvent] = []
    do {
        for try await event in stream { events.append(event) }
        return (events, nil)
    } catch {
        return (events, error as? EngineError)
    }
}

extension [TextEvent] {
    var deltas: [String] {
        compactMap { event in
            guard case .delta(let text) = event else { return nil }
            return text
        }
    }

    var result: TextResult? {
        guard case .finished(let result)? = last else { return nil }
        return result
    }
}

func engineError(_ work: () async throws -> some Sendable) async -> EngineError? {
    do {
        _ = try await work()
        return nil
    } catch {
        return error as? EngineError
    }
}

@Suite("The sandbox: texts and images")
struct SandboxTests {
    let sandbox = Sandbox()

    static let formats = ["creative-copy", "social-post", "ad-script", "campaign-strategy", "prompt-improver"]

    @Test("a text fits its type, says that it is the sandbox and is always the same", arguments: formats)
    func text(format: String) async throws {
        let request = textRequest("A solar backpack for commuters", format: format)
        let first = try await sandbox.text(request, call("a"))
        let again = try await Sandbox().text(request, call("b"))
        #expect(first.content == again.content)
        #expect(first.content.hasPrefix("[Sandbox]"))
        #expect(first.content.contains("solar backpack"))
        #expect(first.finishReason == "stop")
        let sign = [
            "creative-copy": "Headline:", "social-post": "#", "ad-script": "SCENE 1",
            "campaign-strategy": "4. Channels",
            "prompt-improver": "Be specific",
        ]
        #expect(first.content.contains(try #require(sign[format])))
    }

    @Test("texts of different types and prompts differ")
    func different() async throws {
        var texts: Set<String> = []
        for format in Self.formats {
            texts.insert(try await sandbox.text(textRequest("tea", format: format), call()).content)
        }
        texts.insert(try await sandbox.text(textRequest("tea"), call()).content)
        texts.insert(try await sandbox.text(textRequest("coffee"), call()).content)
        #expect(texts.count == 7)
    }

    @Test("tokens are counted by the documented rule and the limit holds", arguments: [1, 8, 40])
    func tokens(limit: Int) async throws {
        let result = try await sandbox.text(
            textRequest("A long story about tea", format: "ad-script", tokens: limit), call())
        #expect(result.finishReason == "length")
        #expect(result.usage.completion == (result.content.utf8.count + 3) / 4)
        #expect(result.usage.completion <= limit)
        #expect(result.usage.prompt > 0)
        #expect(!result.content.isEmpty)
    }

    @Test("a stream is the same text in several pieces")
    func stream() async throws {
        let request = textRequest("A solar backpack", format: "social-post")
        let (events, error) = await collect(try await sandbox.textStream(request, call()))
        let whole = try await sandbox.text(request, call())
        #expect(error == nil)
        #expect(events.deltas.count > 5)
        #expect(events.deltas.joined() == whole.content)
        #expect(events.result == whole)
    }

    @Test(
        "an image is a PNG of the size that was asked for",
        arguments: [(64, 64), (1024, 1024), (1792, 1024), (300, 2000)])
    func image(width: Int, height: Int) async throws {
        let result = try await sandbox.image(imageRequest("A red bicycle [sandbox:slow=1ms]", width, height), call())
        let bytes = try await result.media.bytes()
        var inspector = MediaInspector(expecting: .image)
        try inspector.feed(bytes)
        let facts = try inspector.finish()
        #expect(facts.kind == .png)
        #expect(facts.width == width && facts.height == height)
        #expect(result.media.length == Int64(bytes.count))
        #expect(result.media.contentType == "image/png")
        #expect(result.revisedPrompt == "A red bicycle")
    }

    @Test("an image shows its prompt: another prompt, another image; the marker isn't drawn")
    func imageShowsPrompt() async throws {
        let one = try await sandbox.image(imageRequest("one"), call()).media.bytes()
        let same = try await Sandbox().image(imageRequest("[sandbox:slow=1ms] one"), call()).media.bytes()
        let two = try await sandbox.image(imageRequest("two"), call()).media.bytes()
        #expect(one == same)
        #expect(one != two)
    }

    @Test("a size that it doesn't make is refused")
    func badSize() async {
        let error = await engineError { try await sandbox.image(imageRequest("x", 32, 32), call()) }
        #expect(error?.code == .unsupportedParameter)
    }

    @Test("no more is drawn or waits than the limits say")
    func renderQueue() async throws {
        var limits = SandboxLimits()
        limits.renderers = 1
        limits.renderQueue = 1
        let small = Sandbox(limits: limits)
        let codes = await withTaskGroup(of: EngineError.Code?.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    await engineError { try await small.image(imageRequest("big", 2048, 2048), call()).revisedPrompt }?
                        .code
                }
            }
            var codes: [EngineError.Code?] = []
            for await code in group { codes.append(code) }
            return codes
        }
        #expect(codes.contains(nil))
        #expect(codes.contains(.providerOverloaded))
    }

    // MARK: Faults

    static let refusals: [(String, EngineError.Code, Int?)] = [
        ("429", .providerRateLimited, 429), ("500", .providerError, 500), ("drop", .providerTimeout, nil),
        ("moderated", .contentBlockedInput, 400), ("fail", .generationFailed, nil),
    ]

    @Test("a fault in the prompt or in the header is played, in texts and images", arguments: refusals)
    func refusal(word: String, code: EngineError.Code, status: Int?) async {
        let marked = await engineError { try await sandbox.text(textRequest("tea [sandbox:\(word)]"), call()) }
        let header = await engineError { try await sandbox.text(textRequest("tea"), call(fault: word)) }
        let bracketed = await engineError {
            try await sandbox.text(textRequest("tea"), call(fault: "[sandbox:\(word)]"))
        }
        let image = await engineError {
            try await sandbox.image(imageRequest("[sandbox:\(word)] tea"), call()).revisedPrompt
        }
        for error in [marked, header, bracketed, image] {
            #expect(error?.code == code)
            #expect(error?.httpStatus == status)
        }
    }

    @Test("429 says how long to wait")
    func retryAfter() async {
        let error = await engineError { try await sandbox.text(textRequest("[sandbox:429]"), call()) }
        #expect(error?.retryAfter == .seconds(1))
    }

    @Test("garbage: a text fails, an image is a page of HTML")
    func garbage() async throws {
        let error = await engineError { try await sandbox.text(textRequest("[sandbox:garbage]"), call()) }
        #expect(error?.code == .providerError)
        let media = try await sandbox.image(imageRequest("[sandbox:garbage]"), call()).media
        #expect(media.contentType == "image/png")
        let bytes = try await media.bytes()
        var inspector = MediaInspector(expecting: .image)
        #expect(throws: MediaError.self) {
            try inspector.feed(bytes)
            _ = try inspector.finish()
        }
    }

    @Test("truncated: an image ends before its announced length")
    func truncated() async throws {
        let media = try await sandbox.image(imageRequest("[sandbox:truncated]"), call()).media
        let bytes = try await media.bytes()
        #expect(Int64(bytes.count) < (media.length ?? 0))
        var inspector = MediaInspector(expecting: .image)
        #expect(throws: MediaError.self) {
            try inspector.feed(bytes)
            _ = try inspector.finish()
        }
    }

    @Test("a stream breaks off after its first pieces", arguments: ["drop", "truncated"])
    func brokenStream(word: String) async throws {
        let (events, error) = await collect(try await sandbox.textStream(textRequest("tea [sandbox:\(word)]"), call()))
        #expect(!events.deltas.isEmpty)
        #expect(events.result == nil)
        #expect(error?.code == .streamInterrupted)
    }

    @Test("slow and late answers come, after their time")
    func slow() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await sandbox.text(textRequest("[sandbox:slow=80ms] tea"), call())
        _ = try await sandbox.text(textRequest("[sandbox:late=80ms] tea"), call())
        let late = await engineError {
            try await sandbox.text(textRequest("[sandbox:moderated-late] [sandbox:late=80ms]"), call())
        }
        #expect(late?.code == .contentBlockedOutput)
        #expect(clock.now - start >= .milliseconds(240))
    }

    @Test("slower than the deadline is a timeout, at the deadline")
    func tooSlow() async {
        let clock = ContinuousClock()
        let start = clock.now
        let error = await engineError {
            try await sandbox.text(
                textRequest("[sandbox:slow=10m]"), EngineCall(requestID: "r", deadline: .system() + .milliseconds(50)))
        }
        #expect(error?.code == .providerTimeout)
        #expect(clock.now - start < .seconds(60))
    }

    @Test(
        "a fault that the sandbox doesn't know is refused, in the prompt and in the header",
        arguments: ["teapot", "slow=soon", "late=", "500=3s", "429 now"])
    func unknownFault(word: String) async {
        let errors = [
            await engineError { try await sandbox.text(textRequest("tea [sandbox:\(word)]"), call()) },
            await engineError { try await sandbox.text(textRequest("tea"), call(fault: word)) },
            await engineError { try await sandbox.textStream(textRequest("tea"), call(fault: word)) },
            await engineError { try await sandbox.image(imageRequest("[sandbox:\(word)]"), call()).revisedPrompt },
        ]
        for error in errors {
            #expect(error?.code == .unsupportedParameter)
            #expect(error?.detail.contains("it knows: slow, ") == true)
        }
    }

    @Test("brackets that name no fault stay in the prompt, and an empty header asks for none")
    func otherBrackets() async throws {
        let result = try await sandbox.image(imageRequest("a [sand] [teapot] b [sandbox:"), call(fault: " , "))
        #expect(result.revisedPrompt == "a [sand] [teapot] b [sandbox:")
    }
}
