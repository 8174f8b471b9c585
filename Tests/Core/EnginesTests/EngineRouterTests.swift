import Engines
import ProviderDoubles
import TestKit
import Testing
import Vocabulary

func router(
    _ engines: any Engine..., retries: Int = 0, succession: Succession = .serve, surroundings: Surroundings = .system
) -> EngineRouter {
    var limits = EngineLimits()
    limits.textRetries = retries
    return EngineRouter(
        engines: engines, sandbox: Sandbox(), succession: succession, limits: limits, surroundings: surroundings,
        logger: silent)
}

func routingError(_ work: () async throws -> some Sendable) async -> RoutingError? {
    do {
        _ = try await work()
        return nil
    } catch {
        return error as? RoutingError
    }
}

@Suite("The router: who is asked")
struct EngineRouteTests {
    @Test("without engines the sandbox serves every model and says so", arguments: ["gpt-4o", "sandbox", "whatever"])
    func sandboxAlone(model: String) async throws {
        let routed = try await router().text(textRequest("tea", model: model), call())
        #expect(routed.engine == "sandbox")
        #expect(routed.servedBy == "sandbox")
        #expect(routed.value.content.hasPrefix("[Sandbox]"))
        #expect(routed.attempts.map(\.engine) == ["sandbox"])
        let film = try await router().choices(for: .video, model: model, sandboxOnly: false)
        #expect(film.map(\.engine.name) == ["sandbox"])
        #expect(film.map(\.model) == ["sandbox"])
    }

    @Test("with an engine the sandbox serves test keys and the model sandbox only")
    func sandboxBeside() async throws {
        let engine = ScriptedEngine("one", .text("real"))
        let router = router(engine)
        #expect(try await router.text(textRequest("x"), call()).engine == "one")
        #expect(try await router.text(textRequest("x"), call(), sandboxOnly: true).engine == "sandbox")
        #expect(try await router.text(textRequest("x", model: "sandbox"), call()).engine == "sandbox")
        let film = try await router.choices(for: .video, model: "sora-2", sandboxOnly: true)
        #expect(film.map(\.engine.name) == ["sandbox"])
        #expect(engine.calls == ["one-own"])
    }

    @Test("a kind that no engine makes is a clear error")
    func noEngine() async throws {
        let router = router(ScriptedEngine("one", modalities: [.text], .text("real")))
        let error = await routingError { try await router.image(imageRequest("x", model: "dall-e-3"), call()).engine }
        #expect(error?.error.code == .modelNotFound)
        #expect(error?.error.detail.contains("images") == true)
        #expect(error?.attempts == [])
        let film = await engineError {
            try await router.choices(for: .video, model: "sora-2", sandboxOnly: false).count
        }
        #expect(film?.code == .modelNotFound)
    }

    @Test("the engine that has the model comes first, the others serve their own")
    func owner() async throws {
        let one = ScriptedEngine("one", .text("1"))
        let two = ScriptedEngine("two", models: ["special"], .error(EngineError(.providerQuota, "")))
        let routed = try await router(one, two).text(textRequest("x", model: "special"), call())
        #expect(routed.attempts.map(\.engine) == ["two", "one"])
        #expect(routed.attempts.map(\.model) == ["special", "one-own"])
        #expect(routed.servedBy == "one-own")
    }

    @Test("an unknown model is served by the first engine's own")
    func unknown() async throws {
        let one = ScriptedEngine("one", .text("1"))
        let routed = try await router(one, ScriptedEngine("two", .text("2"))).text(
            textRequest("x", model: "gpt-4o"), call())
        #expect(routed.engine == "one")
        #expect(routed.servedBy == "one-own")
    }

    @Test("an engine named in the model is the only one that is asked")
    func explicit() async throws {
        let one = ScriptedEngine("one", .text("1"))
        let two = ScriptedEngine("two", .error(EngineError(.providerError, "")))
        let error = await routingError {
            try await router(one, two).text(textRequest("x", model: "two/org/model"), call())
        }
        #expect(error?.attempts.map(\.engine) == ["two"])
        #expect(two.calls == ["org/model"])
        #expect(one.calls.isEmpty)
        // A slash without an engine's name before it belongs to the model.
        #expect(try await router(one).text(textRequest("x", model: "org/model"), call()).engine == "one")
    }

    @Test("a retired model is replaced by its successor, or refused with the successor's name")
    func succession() async throws {
        let engine = ScriptedEngine("openai", models: ["gpt-image-2"], .text("x"))
        let routed = try await router(engine).image(imageRequest("x", model: "dall-e-3"), call())
        #expect(routed.servedBy == "gpt-image-2")
        let error = await routingError {
            try await router(engine, succession: .refuse).image(imageRequest("x", model: "dall-e-3"), call()).engine
        }
        #expect(error?.error.code == .modelRetired)
        #expect(error?.error.detail.contains("gpt-image-2") == true)
        #expect(
            try await router(succession: .refuse).image(imageRequest("x", model: "dall-e-3"), call()).engine
                == "sandbox")
    }

    @Test("a queued job's engines are the whole route, without those that can't say what they serve")
    func choices() async throws {
        let gone = try RefusingPort()
        try await withEgress { egress in
            let dead = OpenAICompatible(
                name: "dead", baseURL: gone.url + "/v1", key: nil, egress: egress, logger: silent)
            let two = ScriptedEngine("two", models: ["special"], .text(""))
            let route = try await router(dead, ScriptedEngine("one", .text("")), two)
                .choices(for: .image, model: "special", sandboxOnly: false)
            #expect(route.map(\.engine.name) == ["two", "one"])
            #expect(route.map(\.model) == ["special", "one-own"])
            let alone = await engineError {
                try await router(dead).choices(for: .image, model: "special", sandboxOnly: false).count
            }
            #expect(alone?.code == .connectionFailed)
        }
    }

    @Test("engines are found by name for their tickets")
    func byName() {
        let router = router(ScriptedEngine("one", .text("")))
        #expect(router.engine(named: "one")?.name == "one")
        #expect(router.engine(named: "sandbox")?.name == "sandbox")
        #expect(router.engine(named: "gone") == nil)
    }
}

@Suite("The router: what happens after a failure")
struct EngineRouterTests {
    @Test(
        "the next engine is asked for a text exactly where the taxonomy allows it", arguments: EngineError.Code.allCases
    )
    func textFallback(code: EngineError.Code) async throws {
        let one = ScriptedEngine("one", .error(EngineError(code, "no", httpStatus: 418)))
        let two = ScriptedEngine("two", .text("yes"))
        let router = router(one, two)
        if code.allowsFallback(for: .text) {
            let routed = try await router.text(textRequest("x"), call())
            #expect(routed.engine == "two")
            #expect(routed.attempts.map(\.code) == [code, nil])
            #expect(routed.attempts.first?.httpStatus == 418)
        } else {
            let error = await routingError { try await router.text(textRequest("x"), call()) }
            #expect(error?.error.code == code)
            #expect(error?.attempts.count == 1)
            #expect(two.calls.isEmpty)
        }
    }

    @Test("an image that may have been made is not asked of another engine", arguments: EngineError.Code.allCases)
    func imageFallback(code: EngineError.Code) async throws {
        let one = ScriptedEngine("one", .error(EngineError(code, "no")))
        let two = ScriptedEngine("two", .text("yes"))
        let error = await routingError {
            try await router(one, two, retries: 1).image(imageRequest("x"), call()).engine
        }
        #expect((error == nil) == code.allowsFallback(for: .image))
        #expect(two.calls.count == (code.allowsFallback(for: .image) ? 1 : 0))
        // The same engine a second time only when nothing was sent.
        #expect(one.calls.count == (code == .connectionFailed ? 2 : 1))
    }

    @Test("all engines fail: the last error and every try")
    func allFail() async {
        let router = router(
            ScriptedEngine("one", .error(EngineError(.providerAuth, "a"))),
            ScriptedEngine("two", .error(EngineError(.providerQuota, "b"))))
        let error = await routingError { try await router.text(textRequest("x"), call()) }
        #expect(error?.error.code == .providerQuota)
        #expect(error?.attempts.map(\.code) == [.providerAuth, .providerQuota])
        #expect(error?.attempts.allSatisfy { $0.milliseconds >= 0 } == true)
    }

    @Test("a text is asked for again at the same engine as often as the setting says", arguments: [0, 1, 2])
    func retries(count: Int) async {
        let engine = ScriptedEngine("one", .error(EngineError(.providerError, "no")))
        let error = await routingError { try await router(engine, retries: count).text(textRequest("x"), call()) }
        #expect(engine.calls.count == count + 1)
        #expect(error?.attempts.count == count + 1)
    }

    @Test("a second try that works is the answer")
    func retryWorks() async throws {
        let engine = ScriptedEngine("one", .error(EngineError(.providerOverloaded, "no")), .text("yes"))
        let routed = try await router(engine, retries: 1).text(textRequest("x"), call())
        #expect(routed.value.content == "yes")
        #expect(routed.attempts.map(\.code) == [.providerOverloaded, nil])
    }

    @Test("a wait longer than the deadline isn't waited for, a long one not while another engine can answer")
    func longWait() async throws {
        let limited = EngineError(.providerRateLimited, "no", retryAfter: .seconds(30))
        let one = ScriptedEngine("one", .error(limited))
        let error = await routingError { try await router(one, retries: 1).text(textRequest("x"), call(seconds: 5)) }
        #expect(error?.error.retryAfter == .seconds(30))
        #expect(one.calls.count == 1)
        let two = ScriptedEngine("two", .error(limited))
        let routed = try await router(two, ScriptedEngine("three", .text("ok")), retries: 1).text(
            textRequest("x"), call())
        #expect(routed.engine == "three")
        #expect(two.calls.count == 1)
    }

    @Test("a text attempt is given up after half of the time where another engine can answer")
    func halfDeadline() async throws {
        let clock = TestClock()
        let routed = try await router(
            ScriptedEngine("one", .hangs(clock)), ScriptedEngine("two", .text("yes")), surroundings: clock.surroundings
        ).text(textRequest("x"), call(seconds: 60, at: clock.now))
        #expect(routed.engine == "two")
        #expect(routed.attempts.map(\.code) == [.providerTimeout, nil])
        #expect(routed.attempts.map(\.milliseconds) == [30_000, 0])
    }

    @Test("the last engine has all the time that is left")
    func wholeDeadline() async {
        let clock = TestClock()
        let router = router(
            ScriptedEngine("one", .hangs(clock)), ScriptedEngine("two", .hangs(clock)),
            surroundings: clock.surroundings)
        let error = await routingError {
            try await router.text(textRequest("x"), call(seconds: 60, at: clock.now))
        }
        #expect(error?.error.code == .providerTimeout)
        #expect(error?.attempts.map(\.milliseconds) == [30_000, 30_000])
    }

    @Test("who goes away isn't answered by another engine")
    func cancellation() async {
        let (one, two) = (ScriptedEngine("one", .hang), ScriptedEngine("two", .text("yes")))
        let router = router(one, two)
        let task = Task { try await router.text(textRequest("x"), call()) }
        try? await eventually("the first is asked") { !one.calls.isEmpty }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(two.calls.isEmpty)
    }

    // MARK: Streams

    @Test("a stream that fails before its first piece goes to the next engine")
    func streamFallback() async throws {
        let one = ScriptedEngine("one", .error(EngineError(.providerOverloaded, "no")))
        let routed = try await router(one, ScriptedEngine("two", .text("yes"))).textStream(textRequest("x"), call())
        #expect(routed.engine == "two")
        #expect(routed.attempts.map(\.code) == [.providerOverloaded, nil])
        let (events, error) = await collect(routed.value)
        #expect(error == nil)
        #expect(events.deltas == ["yes"])
        #expect(events.result?.content == "yes")
    }

    @Test("a stream that fails after its first piece ends with the error")
    func streamBreaks() async throws {
        let two = ScriptedEngine("two", .text("yes"))
        let one = ScriptedEngine("one", .breaks(EngineError(.streamInterrupted, "broke")))
        let routed = try await router(one, two).textStream(textRequest("x"), call())
        let (events, error) = await collect(routed.value)
        #expect(events.deltas == ["first"])
        #expect(error?.code == .streamInterrupted)
        #expect(two.calls.isEmpty)
    }

    @Test("a stream that says nothing is given up after half of the time")
    func silentStream() async throws {
        try await withEngine(ownModels: [.text: "double-text"]) { engine, double in
            double.fail(always: .hang)
            let routed = try await router(engine, ScriptedEngine("two", .text("yes")))
                .textStream(textRequest("x", model: "double-text"), call(seconds: 12))
            #expect(routed.engine == "two")
        }
    }

    @Test("a stream through a real server, and its failure before the first word")
    func realStream() async throws {
        try await withEngine(ownModels: [.text: "double-text"]) { engine, double in
            let router = router(engine, ScriptedEngine("two", .text("yes")))
            let first = try await router.textStream(textRequest("hello"), call())
            #expect(await collect(first.value).events.result?.content == "You said: hello")
            double.fail(next: .serverError)
            #expect(try await router.textStream(textRequest("hello"), call()).engine == "two")
            double.fail(next: .resetMidStream)
            let third = try await router.textStream(textRequest("one two three four five"), call())
            #expect(third.engine == "double")
            #expect(await collect(third.value).error?.code == .streamInterrupted)
        }
    }

    // MARK: Health and cost

    @Test("an engine that keeps failing isn't reachable until it answers, or for a minute")
    func health() async throws {
        let clock = TestClock()
        let down = EngineError(.connectionFailed, "no")
        let engine = ScriptedEngine(
            "one", .error(down), .error(down), .error(down), .text("yes"), .error(down), .error(down), .error(down))
        let router = router(engine, surroundings: clock.surroundings)
        func ask() async { _ = await routingError { try await router.text(textRequest("x"), call(at: clock.now)) } }
        for _ in 0..<2 { await ask() }
        #expect(await router.health().map(\.isReachable) == [true])
        await ask()
        #expect(await router.health().map(\.isReachable) == [false])
        #expect(await router.health().first?.lastFailure == .connectionFailed)
        await ask()
        #expect(await router.health().map(\.isReachable) == [true])
        for _ in 0..<3 { await ask() }
        #expect(await router.health().map(\.isReachable) == [false])
        clock.advance(by: .seconds(61))
        #expect(await router.health().map(\.isReachable) == [true])
    }

    @Test("an engine that isn't there is not reachable before anyone used it")
    func nothingListens() async throws {
        let gone = try RefusingPort()
        try await withEgress { egress in
            let engine = OpenAICompatible(
                name: "gone", baseURL: gone.url + "/v1", key: nil, egress: egress, logger: silent)
            let health = await router(engine, ScriptedEngine("two", .text("yes"))).health(within: .seconds(20))
            #expect(health.map(\.isReachable) == [false, true])
            #expect(health.map(\.failuresInARow) == [0, 0])
        }
    }

    @Test("an engine that answers is reachable, and is asked once in a while")
    func listens() async throws {
        try await withEngine { engine, double in
            let clock = TestClock(.system())
            let router = router(engine, surroundings: clock.surroundings)
            for _ in 0..<3 { #expect(await router.health(within: .seconds(20)).map(\.isReachable) == [true]) }
            #expect(double.requests.filter { $0.path == "/v1/models" }.count == 1)
            clock.advance(by: .seconds(6))
            #expect(await router.health(within: .seconds(20)).map(\.isReachable) == [true])
            #expect(double.requests.filter { $0.path == "/v1/models" }.count == 2)
        }
    }

    @Test(
        "an engine that refuses to say what it has is reachable; one that says nothing in time isn't",
        arguments: [
            (OpenAICompatibleDouble.Fault.unauthorized, true), (.modelNotFound, true), (.serverError, true),
            (.hang, false),
        ])
    func refusalIsAnAnswer(fault: OpenAICompatibleDouble.Fault, isReachable: Bool) async throws {
        try await withEngine { engine, double in
            double.fail(always: fault)
            let limit = Duration.seconds(isReachable ? 20 : 1)
            #expect(await router(engine).health(within: limit).map(\.isReachable) == [isReachable])
        }
    }

    @Test("a refused prompt says nothing against the engine")
    func healthAfterRefusals() async {
        let router = router(ScriptedEngine("one", .error(EngineError(.contentBlockedInput, "no"))))
        for _ in 0..<5 { _ = await routingError { try await router.text(textRequest("x"), call()) } }
        #expect(await router.health().map(\.isReachable) == [true])
        #expect(await router.health().map(\.failuresInARow) == [0])
    }

    @Test("the sandbox and local engines cost nothing; what has no known price has none")
    func cost() async throws {
        try await withEngine { local, _ in
            let router = router(local, ScriptedEngine("one", .text("")))
            let usage = TokenUsage(prompt: 10, completion: 10)
            #expect(router.cost(of: usage, engine: "sandbox", model: "sandbox") == .zero)
            #expect(router.cost(of: usage, engine: "double", model: "gpt-4o") == .zero)
            #expect(router.cost(of: usage, engine: "one", model: "gpt-4o") == nil)
            #expect(router.mediaCost(engine: "sandbox") == .zero)
            #expect(router.mediaCost(engine: "one") == nil)
        }
        try await withEngine(kind: .openAI) { openAI, _ in
            let router = router(openAI)
            let usage = TokenUsage(prompt: 10, completion: 10)
            #expect(router.cost(of: usage, engine: "double", model: "gpt-4o") == MicroCredits(12_500))
            #expect(router.cost(of: usage, engine: "double", model: "gpt-5.1") == nil)
            #expect(router.mediaCost(engine: "double") == nil)
        }
    }
}
