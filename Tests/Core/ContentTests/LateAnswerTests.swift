import Content
import Database
import DatabaseSQLite
import Engines
import Synchronization
import TestKit
import Testing
import Vocabulary

/// What the engine answers after the world has moved on.
@Suite("Late answers")
struct LateAnswerTests {
    private let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)

    /// An engine whose creates wait at a gate.
    private func gated() -> (engine: ScriptedEngine, open: @Sendable () -> Void) {
        let engine = ScriptedEngine()
        let gate = Gate()
        engine.script.withLock { script in
            script.submit = { request, call in
                await gate.wait()
                return VideoTicket(engine: "scripted", model: request.model, id: call.requestID)
            }
            script.fetch = { _ in .bytes(try VideoTests.film(seconds: 4)) }
        }
        return (engine, { gate.open() })
    }

    @Test("a film that is cancelled while it is submitted is cancelled at the provider once its ticket comes")
    func canceledWhileSubmitting() async throws {
        let (engine, open) = gated()
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(caller, generation)
        try await bench.working {
            try await eventually("it is being submitted") { engine.count("submit") == 1 }
            #expect(try await bench.content.cancel(caller.tenant, job.id).status == .canceled)
            open()
            try await eventually("the provider is told") { engine.count("cancel") == 1 }
            #expect(try await bench.content.job(caller.tenant, job.id).status == .canceled)
        }
    }

    @Test("cancelled and begun again while it is submitted, the first render is cancelled and the second completes")
    func retriedWhileSubmitting() async throws {
        let (engine, open) = gated()
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(caller, generation)
        try await bench.working {
            try await eventually("it is being submitted") { engine.count("submit") == 1 }
            _ = try await bench.content.cancel(caller.tenant, job.id)
            _ = try await bench.content.retry(caller.tenant, job.id)
            try await eventually("it is being submitted again") { engine.count("submit") == 2 }
            open()
            #expect(try await bench.wait(caller.tenant, job.id).status == .completed)
            try await eventually("the provider is told of the first") { engine.count("cancel") == 1 }
        }
    }

    @Test("a provider that can't be asked whether it took a film is asked again, not given up")
    func reconcilingAgain() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { script in
            script.submit = { _, _ in throw CancellationError() }
            script.reconcile = { [engine] call in
                guard engine.count("reconcile") > 2 else { throw EngineError(.providerOverloaded, "busy") }
                return .taken(VideoTicket(engine: "scripted", model: "scripted-1", id: call.requestID))
            }
            script.fetch = { _ in .bytes(try VideoTests.film(seconds: 4)) }
        }
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(caller, generation)
        let ended = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        #expect(ended.status == .completed)
        #expect(engine.count("submit") == 1 && engine.count("reconcile") == 3)
    }

    @Test("a film that couldn't be fetched in time is fetched by a retry, not made and paid for again")
    func fetchedByRetry() async throws {
        let engine = ScriptedEngine()
        let bench = try await ContentBench(engines: [engine]) { $0.fetchAttempts = 1 }
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(caller, generation)
        try await bench.working {
            #expect(try await bench.wait(caller.tenant, job.id).failure?.code == "asset_download_failed")
            engine.script.withLock { $0.fetch = { _ in .bytes(try VideoTests.film(seconds: 4)) } }
            _ = try await bench.content.retry(caller.tenant, job.id)
            #expect(try await bench.wait(caller.tenant, job.id).status == .completed)
            #expect(engine.count("submit") == 1)
        }
    }

    @Test("a repeat of an image whose answer was lost gets the image that was made")
    func imageMadeBefore() async throws {
        let bench = try await ContentBench()
        let suffix = String(Surroundings.system.newID(ContentJobKind.self).text.suffix(26))
        let caller = Caller(try tenant("acme"), suffix: suffix)
        let order = ImageGeneration(prompt: "Rye", model: "sandbox", size: "128x128")
        let first = try await bench.content.generateImage(caller, order)
        let second = try await bench.content.generateImage(caller, order)
        #expect(first.id == second.id && first.asset == second.asset)
        #expect(
            second.engine == "sandbox" && second.resolution == "128x128"
                && second.attempts.count == first.attempts.count)
        #expect(try await bench.content.assets(caller.tenant, kind: nil, PageRequest()).items.count == 1)
    }

    @Test("a streamed text whose reader leaves before the end is on record")
    func abandonedStream() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        func reasons() async throws -> [String] {
            try await bench.database.read(as: caller.tenant) { transaction in
                try transaction.query("SELECT finish_reason FROM generations").map { try $0.get("finish_reason") }
            }
        }
        do {
            let stream = try await bench.content.streamText(caller, TextGeneration(prompt: "Rye"))
            for try await _ in stream { break }
        }
        #expect(try await reasons() == ["interrupted"])
        for try await _ in try await bench.content.streamText(caller, TextGeneration(prompt: "Rye")) {}
        #expect(try await reasons().sorted() == ["interrupted", "stop"])
    }

    @Test("the number of open jobs follows them through their ends and new beginnings")
    func openCount() async throws {
        let bench = try await ContentBench { $0.openJobs = 2 }
        let caller = Caller(try tenant("acme"))
        let first = try await bench.content.queueVideo(caller, generation)
        _ = try await bench.content.queueVideo(caller, generation)
        await #expect(throws: ContentError.self) { try await bench.content.queueVideo(caller, generation) }
        _ = try await bench.content.cancel(caller.tenant, first.id)
        _ = try await bench.content.cancel(caller.tenant, first.id)
        _ = try await bench.content.queueVideo(caller, generation)
        await #expect(throws: ContentError.self) { try await bench.content.queueVideo(caller, generation) }
        try await bench.working {
            try await eventually("both end") {
                try await bench.content.jobs(caller.tenant, ContentJobFilter(status: .completed), PageRequest())
                    .items.count == 2
            }
        }
        _ = try await bench.content.queueVideo(caller, generation)
    }
}

/// Closed until it is opened, then open for all.
private final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
