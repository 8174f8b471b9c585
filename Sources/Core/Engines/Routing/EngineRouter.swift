package import Logging
import Metrics
package import Vocabulary

/// Asks the engines of a route one after the other until one has a result, within one deadline.
///
/// The next engine is asked only where the taxonomy allows it and nothing was delivered. The same engine is asked again
/// for a text (`EngineLimits.textRetries`) after a wait; for an image only when the request certainly never left. A
/// text attempt is given up after half of the time that is left where another engine can answer. Every try is recorded.
package struct EngineRouter: Sendable {
    package let catalogue: ModelCatalogue
    package let limits: EngineLimits
    /// In the order of the settings, without the sandbox.
    package let engines: [any Engine]
    package let sandbox: Sandbox
    let route: EngineRoute
    let surroundings: Surroundings
    let logger: Logger
    private let book = EngineHealthBook()
    private let probes = EngineProbes()

    /// A wait longer than this is not worth it while another engine can be asked.
    static let longestWaitBeforeFallback = Duration.seconds(2)
    static let backoff = Backoff(first: .milliseconds(250), most: .seconds(4))

    package init(
        engines: [any Engine], sandbox: Sandbox, catalogue: ModelCatalogue = ModelCatalogue(),
        succession: Succession = .serve, limits: EngineLimits = EngineLimits(), surroundings: Surroundings = .system,
        logger: Logger
    ) {
        self.engines = engines
        self.sandbox = sandbox
        self.catalogue = catalogue
        self.limits = limits
        self.surroundings = surroundings
        self.logger = logger
        route = EngineRoute(engines: engines, sandbox: sandbox, catalogue: catalogue, succession: succession)
    }

    // MARK: Text and images

    /// - Parameters:
    ///   - request: `model` as the client named it.
    ///   - sandboxOnly: true for test keys.
    /// - Throws: `RoutingError`, or `CancellationError`.
    package func text(
        _ request: TextRequest, _ call: EngineCall, sandboxOnly: Bool = false
    ) async throws -> Routed<TextResult> {
        try await answer(request.model, .text, call, sandboxOnly: sandboxOnly) { engine, model, call in
            var request = request
            request.model = model
            return try await engine.text(request, call)
        }
    }

    /// The text piece by piece. When this returns, the first piece is there: what goes wrong before it is answered by
    /// another engine or thrown here; what goes wrong after it ends the stream with `EngineError`.
    /// - Throws: `RoutingError`, or `CancellationError`.
    package func textStream(
        _ request: TextRequest, _ call: EngineCall, sandboxOnly: Bool = false
    ) async throws -> Routed<AsyncThrowingStream<TextEvent, any Error>> {
        let deadline = call.deadline
        let routed = try await answer(request.model, .text, call, sandboxOnly: sandboxOnly) { engine, model, call in
            var request = request
            request.model = model
            // The attempt's deadline is for its first piece; the stream as a whole has the whole deadline.
            var wholeCall = call
            wholeCall.deadline = deadline
            let limit = call.deadline - surroundings.now()
            return try await OpenedTextStream.open(engine, request, wholeCall, firstWithin: limit)
        }
        let events = routed.value.events { code in note(code, engine: routed.engine) }
        return Routed(
            value: events, engine: routed.engine, servedBy: routed.servedBy, attempts: routed.attempts)
    }

    /// - Parameters: as for `text`.
    /// - Throws: `RoutingError`, or `CancellationError`.
    package func image(
        _ request: ImageRequest, _ call: EngineCall, sandboxOnly: Bool = false
    ) async throws -> Routed<ImageResult> {
        try await answer(request.model, .image, call, sandboxOnly: sandboxOnly) { engine, model, call in
            var request = request
            request.model = model
            return try await engine.image(request, call)
        }
    }

    // MARK: Films

    /// The engine that gave a ticket; nil when it isn't configured any more.
    package func engine(named name: String) -> (any Engine)? {
        name == sandbox.name ? sandbox : engines.first { $0.name == name }
    }

    /// Counts the outcome of a call that was made without the router (a film's), for health and metrics.
    package func note(_ code: EngineError.Code?, engine: String) {
        book.note(code, of: engine, at: surroundings.now())
        count(code, engine: engine)
    }

    // MARK: Health and cost

    /// How the engines that serve are doing: the configured ones, or the sandbox where there are none. Reachable is
    /// what answers now and didn't keep failing; all are asked at once, and an answer is believed for 5 s.
    /// - Parameter limit: how long an engine has to answer.
    package func health(within limit: Duration = .seconds(2)) async -> [EngineHealth] {
        let engines: [any Engine] = engines.isEmpty ? [sandbox] : engines
        let answering = await withTaskGroup(of: (String, Bool).self) { group in
            for engine in engines {
                group.addTask {
                    (engine.name, await probes.isReachable(engine, within: limit, now: surroundings.now))
                }
            }
            return await group.reduce(into: [String: Bool]()) { $0[$1.0] = $1.1 }
        }
        let now = surroundings.now()
        return engines.map { engine in
            var health = book.health(of: engine.name, at: now)
            health.isReachable = health.isReachable && answering[engine.name] ?? false
            return health
        }
    }

    /// What the text cost us, or nil when the price isn't known.
    package func cost(of usage: TokenUsage, engine: String, model: String) -> MicroCredits? {
        switch self.engine(named: engine)?.pricing {
        case .free: .zero
        case .listed(let book): book.cost(of: usage, model: model)
        case .unknown, nil: nil
        }
    }

    /// What an image or a film by that engine cost us, or nil when the price isn't known.
    package func mediaCost(engine: String) -> MicroCredits? {
        guard case .free = self.engine(named: engine)?.pricing else { return nil }
        return .zero
    }

    // MARK: The walk along the route

    private typealias Try<Value> = @Sendable (any Engine, String, EngineCall) async throws -> Value

    private func answer<Value: Sendable>(
        _ model: String, _ modality: Modality, _ call: EngineCall, sandboxOnly: Bool, _ work: Try<Value>
    ) async throws -> Routed<Value> {
        var attempts: [EngineAttempt] = []
        let stops: [RouteStop]
        do {
            stops = try await route.stops(
                model: model, modality: modality, sandboxOnly: sandboxOnly, call: call, now: surroundings.now())
        } catch {
            throw RoutingError(error: error, attempts: [])
        }
        var last = EngineError(.providerTimeout, "no time was left to ask an engine")
        for (index, stop) in stops.enumerated() {
            let isLast = index == stops.count - 1
            let attemptDeadline = deadline(of: call, modality: modality, isLast: isLast)
            switch try await ask(stop, modality, call, until: attemptDeadline, isLast: isLast, &attempts, work) {
            case .success(let routed): return routed
            case .failure(let error): last = error
            }
            guard last.code.allowsFallback(for: modality), surroundings.now() < call.deadline else { break }
        }
        throw RoutingError(error: last, attempts: attempts)
    }

    private func deadline(of call: EngineCall, modality: Modality, isLast: Bool) -> Timestamp {
        guard modality == .text, !isLast else { return call.deadline }
        let now = surroundings.now()
        return now + (call.deadline - now) / 2
    }

    /// Asks one engine, again where that is allowed.
    private func ask<Value: Sendable>(
        _ stop: RouteStop, _ modality: Modality, _ call: EngineCall, until deadline: Timestamp, isLast: Bool,
        _ attempts: inout [EngineAttempt], _ work: Try<Value>
    ) async throws -> Result<Routed<Value>, EngineError> {
        var call = call
        call.deadline = deadline
        var tries = 0
        while true {
            tries += 1
            let started = surroundings.now()
            var model = stop.model ?? ""
            do {
                if stop.model == nil { model = try await stop.engine.defaultModel(for: modality, call) }
                let value = try await work(stop.engine, model, call)
                attempts.append(record(nil, stop.engine, model, started))
                return .success(Routed(value: value, engine: stop.engine.name, servedBy: model, attempts: attempts))
            } catch {
                if error is CancellationError || Task.isCancelled { throw CancellationError() }
                let failure =
                    error as? EngineError
                    ?? EngineError(.providerError, "the engine failed", providerDetail: "\(error)")
                attempts.append(record(failure, stop.engine, model, started))
                guard let wait = wait(after: failure, tries: tries, modality: modality, until: deadline, isLast: isLast)
                else { return .failure(failure) }
                try await Task.sleep(for: wait)
            }
        }
    }

    /// How long to wait before the same engine is asked again; nil when it isn't.
    private func wait(
        after error: EngineError, tries: Int, modality: Modality, until deadline: Timestamp, isLast: Bool
    ) -> Duration? {
        let mayRepeat = modality == .text ? error.code.isRetryable : error.code == .connectionFailed
        guard mayRepeat, tries <= (modality == .text ? limits.textRetries : 1) else { return nil }
        let pause = Self.backoff.delay(afterAttempt: tries, fraction: surroundings.randomFraction())
        let wait = max(pause, error.retryAfter ?? .zero)
        guard surroundings.now() + wait < deadline else { return nil }
        return isLast || wait <= Self.longestWaitBeforeFallback ? wait : nil
    }

    /// Puts a try that ended now on the record: health, metrics, and the log, which alone gets the provider's words.
    package func record(
        _ error: EngineError?, _ engine: any Engine, _ model: String, _ started: Timestamp
    ) -> EngineAttempt {
        let now = surroundings.now()
        let milliseconds = Int((now - started).wholeMicroseconds / 1_000)
        book.note(error?.code, of: engine.name, at: now)
        count(error?.code, engine: engine.name)
        Timer(label: "atelier_engine_attempt_seconds", dimensions: [("engine", engine.name)])
            .recordMilliseconds(milliseconds)
        if let error {
            logger.notice(
                "an engine had no result",
                metadata: [
                    "engine": "\(engine.name)", "model": "\(model)", "code": "\(error.code.rawValue)",
                    "status": "\(error.httpStatus.map(String.init) ?? "none")",
                    "provider_code": "\(error.providerCode ?? "")",
                    "provider_detail": "\(error.providerDetail ?? "")",
                    "provider_request_id": "\(error.providerRequestID ?? "")",
                ])
        }
        return EngineAttempt(
            engine: engine.name, model: model, code: error?.code, httpStatus: error?.httpStatus,
            providerRequestID: error?.providerRequestID, startedAt: started, milliseconds: milliseconds)
    }

    private func count(_ code: EngineError.Code?, engine: String) {
        let dimensions = [("engine", engine), ("outcome", code?.rawValue ?? "success")]
        Counter(label: "atelier_engine_attempts_total", dimensions: dimensions).increment()
    }
}
