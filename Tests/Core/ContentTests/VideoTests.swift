import Content
import Engines
import Media
import ObjectStorage
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("Films")
struct VideoTests {
    @Test("a film goes from accepted to a file of ours, and its events tell the way")
    func wholeWay() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller,
            VideoGeneration(prompt: "Rye bread", model: "sora-2", durationSeconds: 4, promptType: .creativeVideo))
        #expect(job.status == .pending && job.phase == .queued)
        let events = try await bench.working {
            var events: [ContentJobEvent] = []
            for try await event in try await bench.content.events(caller.tenant, job.id, after: 0) {
                events.append(event)
            }
            return events
        }
        #expect(events.map(\.sequence) == Array(1...events.count))
        #expect(events.first?.status == .pending)
        #expect(events.last?.status == .completed)
        #expect(events.map(\.phase).contains(.submitting) && events.map(\.phase).contains(.fetching))
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.progress <= $1.progress })
        let ended = try await bench.content.job(caller.tenant, job.id)
        #expect(ended.model == "sora-2" && ended.servedBy == "sandbox")
        #expect(ended.asset?.contentType == "video/mp4")
        #expect(ended.asset.map { abs(($0.durationSeconds ?? 0) - 4) < 0.2 } == true)
        #expect(ended.cost == .zero)
        let later = try await bench.content.events(caller.tenant, job.id, after: events.count - 1)
        var rest: [Int] = []
        for try await event in later { rest.append(event.sequence) }
        #expect(rest == [events.count])
    }

    @Test("a duration that the model lacks is refused by one face and moved by the other")
    func durations() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        do {
            _ = try await bench.content.queueVideo(
                caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 5))
            Issue.record("taken")
        } catch ContentError.invalid(let faults) {
            #expect(faults.first?.pointer == "/duration_seconds")
            #expect(faults.first?.detail.contains("4, 8, 12") == true)
        }
        let moved = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 5, durationRule: .nearest))
        #expect(moved.durationSeconds == 4)
        #expect(moved.message?.contains("4") == true)
        let veo = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "veo-3.1", durationSeconds: 6))
        #expect(veo.durationSeconds == 6)
        let runway = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "runway-gen3", durationSeconds: 60))
        #expect(runway.durationSeconds == 60)
    }

    @Test(
        "a film that isn't one is never completed",
        arguments: ["garbage", "truncated", "fail", "moderated", "moderated-late"])
    func neverCompleted(fault: String) async throws {
        let bench = try await ContentBench { $0.fetchAttempts = 2 }
        let caller = Caller(try tenant("acme"), fault: fault)
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        let ended = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        #expect(ended.status == .failed)
        #expect(ended.failure != nil)
        #expect(ended.asset == nil)
        #expect(try await bench.storage.list(caller.tenant, prefix: "", page: PageRequest()).items.isEmpty)
    }

    @Test("a create without an answer is unknown, and is done again only by a person's word")
    func unknown() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"), fault: "drop")
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        try await bench.working {
            let parked = try await bench.wait(caller.tenant, job.id) { $0.phase == .unknown }
            #expect(parked.status == .processing)
            #expect(parked.waitingBecause?.isEmpty == false)
            #expect(parked.attempts.map(\.code) == [.submitUnknown])
            await #expect(throws: ContentError.self) { try await bench.content.retry(caller.tenant, job.id) }
            let resolved = try await bench.content.resolve(caller.tenant, job.id, as: .failed)
            #expect(resolved.status == .failed)
            #expect(resolved.failure?.code == "submit_unknown")
            await #expect(throws: ContentError.self) {
                try await bench.content.resolve(caller.tenant, job.id, as: .failed)
            }
        }
    }

    @Test("a job whose worker died after the intent is asked about, not submitted again")
    func reconciled() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { script in
            script.submit = { _, _ in throw CancellationError() }
            script.reconcile = { call in
                .taken(VideoTicket(engine: "scripted", model: "scripted-1", id: call.requestID))
            }
            script.fetch = { _ in .bytes(try Self.film(seconds: 4)) }
        }
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        let ended = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        #expect(ended.status == .completed)
        #expect(engine.count("submit") == 1)
        #expect(engine.count("reconcile") == 1)
    }

    @Test("a create that was certainly not taken is tried again; one that was refused is not")
    func resubmission() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { script in
            script.submit = { _, _ in throw EngineError(.connectionFailed, "refused", retryAfter: .milliseconds(1)) }
            script.fetch = { _ in .bytes(try Self.film(seconds: 4)) }
        }
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        let job = try await bench.content.queueVideo(caller, generation)
        try await bench.working {
            try await bench.wait(caller.tenant, job.id) { $0.attempts.count >= 2 }
            #expect(try await bench.content.job(caller.tenant, job.id).waitingBecause != nil)
            engine.script.withLock { script in
                script.submit = { request, call in
                    VideoTicket(engine: "scripted", model: request.model, id: call.requestID)
                }
            }
            let ended = try await bench.wait(caller.tenant, job.id)
            #expect(ended.status == .completed)

            let before = engine.count("submit")
            engine.script.withLock { $0.submit = { _, _ in throw EngineError(.contentBlockedInput, "no") } }
            let refused = try await bench.content.queueVideo(caller, generation)
            #expect(try await bench.wait(caller.tenant, refused.id).status == .failed)
            #expect(engine.count("submit") == before + 1)
        }
    }

    @Test("a film of another length than asked is refused, and a lost fetch is done again")
    func wrongLength() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { script in script.fetch = { _ in .bytes(try Self.film(seconds: 8)) } }
        let bench = try await ContentBench(engines: [engine]) { $0.fetchAttempts = 2 }
        let caller = Caller(try tenant("acme"))
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        let wrong = try await bench.content.queueVideo(caller, generation)
        try await bench.working {
            let ended = try await bench.wait(caller.tenant, wrong.id)
            #expect(ended.failure?.code == "generation_failed")
            #expect(engine.count("fetch") == 2)
            engine.script.withLock { script in
                script.fetch = { [engine] _ in
                    let film = try Self.film(seconds: 4)
                    return engine.count("fetch") == 3 ? .bytes(film, length: Int64(film.count) + 1) : .bytes(film)
                }
            }
            let second = try await bench.content.queueVideo(caller, generation)
            #expect(try await bench.wait(caller.tenant, second.id).status == .completed)
            #expect(engine.count("fetch") == 4)
        }
    }

    @Test("cancelling ends the job, tells the provider, and nothing that comes later changes it")
    func cancel() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { $0.poll = { _ in .rendering(progress: 10, nextPoll: .milliseconds(20)) } }
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        try await bench.working {
            try await bench.wait(caller.tenant, job.id) { $0.progress == 10 }
            let canceled = try await bench.content.cancel(caller.tenant, job.id)
            #expect(canceled.status == .canceled)
            #expect(try await bench.content.cancel(caller.tenant, job.id).status == .canceled)
            try await eventually("the provider is told") { engine.count("cancel") == 1 }
            try await Task.sleep(for: .milliseconds(100))
            #expect(try await bench.content.job(caller.tenant, job.id).status == .canceled)
            engine.script.withLock { script in
                script.poll = { .ready($0) }
                script.fetch = { _ in .bytes(try Self.film(seconds: 4)) }
            }
            let again = try await bench.content.retry(caller.tenant, job.id)
            #expect(again.status == .pending && again.progress == 0)
            #expect(try await bench.wait(caller.tenant, job.id).status == .completed)
            await #expect(throws: ContentError.self) { try await bench.content.cancel(caller.tenant, job.id) }
        }
    }

    @Test("a job that isn't finished by its deadline fails, and the provider is told")
    func deadline() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { $0.poll = { _ in .rendering(progress: 10, nextPoll: .milliseconds(20)) } }
        var limits = EngineLimits()
        limits.videoDeadline = .milliseconds(400)
        let bench = try await ContentBench(engines: [engine], engineLimits: limits)
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        try await bench.working {
            let ended = try await bench.wait(caller.tenant, job.id)
            #expect(ended.failure?.code == "provider_timeout")
            try await eventually("the provider is told") { engine.count("cancel") == 1 }
        }
    }

    @Test("a hint has the job looked after at once")
    func hint() async throws {
        let engine = ScriptedEngine()
        engine.script.withLock { script in
            script.poll = { [engine] ticket in
                engine.count("poll") == 1 ? .rendering(progress: 10, nextPoll: .seconds(600)) : .ready(ticket)
            }
            script.fetch = { _ in .bytes(try Self.film(seconds: 4)) }
        }
        let bench = try await ContentBench(engines: [engine])
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        try await bench.working {
            try await bench.wait(caller.tenant, job.id) { $0.progress == 10 }
            _ = try await bench.content.providerHint(tenant: caller.tenant, job: job.id)
            #expect(try await bench.wait(caller.tenant, job.id).status == .completed)
            let other = try tenant("other")
            await #expect(throws: ContentError.self) {
                try await bench.content.providerHint(tenant: other, job: job.id)
            }
        }
    }

    @Test("a film that no configured engine makes is refused at once, not accepted and failed")
    func nobodyMakesIt() async throws {
        let engine = ScriptedEngine(modalities: [.text])
        let bench = try await ContentBench(engines: [engine])
        let acme = try tenant("acme")
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        do {
            _ = try await bench.content.queueVideo(Caller(acme), generation)
            Issue.record("taken")
        } catch ContentError.engine(let error, _) {
            #expect(error.code == .modelNotFound)
        }
        var test = Caller(acme)
        test.isTest = true
        _ = try await bench.content.queueVideo(test, generation)
    }

    @Test("the same creation twice is one job")
    func idempotent() async throws {
        let bench = try await ContentBench()
        let suffix = String(Surroundings.system.newID(ContentJobKind.self).text.dropFirst(4))
        let caller = Caller(try tenant("acme"), suffix: suffix)
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        let first = try await bench.content.queueVideo(caller, generation)
        let second = try await bench.content.queueVideo(caller, generation)
        #expect(first.id == second.id)
        #expect(try await bench.content.jobs(caller.tenant, ContentJobFilter(), PageRequest()).items.count == 1)
    }

    @Test("a tenant has no more unfinished jobs than it may, and the limit is its own")
    func openJobs() async throws {
        let bench = try await ContentBench { $0.openJobs = 3 }
        let caller = Caller(try tenant("acme"))
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        for _ in 0..<3 { _ = try await bench.content.queueVideo(caller, generation) }
        await #expect(throws: ContentError.self) { try await bench.content.queueVideo(caller, generation) }
        _ = try await bench.content.queueVideo(Caller(try tenant("other")), generation)
    }

    @Test("jobs are listed newest first, by page and by filter, and another tenant sees none")
    func listing() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        var ids: [ContentJobID] = []
        for seconds in [4, 8, 12] {
            ids.append(
                try await bench.content.queueVideo(
                    caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: seconds)
                ).id)
            try await Task.sleep(for: .milliseconds(2))
        }
        let first = try await bench.content.jobs(caller.tenant, ContentJobFilter(), PageRequest(limit: 2))
        #expect(first.items.map(\.id) == [ids[2], ids[1]])
        let rest = try await bench.content.jobs(
            caller.tenant, ContentJobFilter(), PageRequest(limit: 2, after: first.next))
        #expect(rest.items.map(\.id) == [ids[0]])
        #expect(rest.next == nil)
        _ = try await bench.content.cancel(caller.tenant, ids[1])
        let canceled = try await bench.content.jobs(
            caller.tenant, ContentJobFilter(status: .canceled, type: .video, model: "sora-2"), PageRequest())
        #expect(canceled.items.map(\.id) == [ids[1]])
        let since = try await bench.content.job(caller.tenant, ids[2]).createdAt
        let late = try await bench.content.jobs(caller.tenant, ContentJobFilter(since: since), PageRequest())
        #expect(late.items.map(\.id) == [ids[2]])
        let early = try await bench.content.jobs(caller.tenant, ContentJobFilter(until: since), PageRequest())
        #expect(early.items.map(\.id) == [ids[1], ids[0]])
        let other = try tenant("other")
        #expect(try await bench.content.jobs(other, ContentJobFilter(), PageRequest()).items.isEmpty)
        await #expect(throws: ContentError.self) { try await bench.content.job(other, ids[0]) }
        await #expect(throws: ContentError.self) { try await bench.content.cancel(other, ids[0]) }
    }

    static func film(seconds: Int) throws -> [UInt8] {
        try Film.render(FilmSpec(width: 64, height: 64, seconds: seconds, framesPerSecond: 8)) { frame in
            frame == 0 ? Canvas(width: 64, height: 64, fill: RGB(red: 10, green: 20, blue: 30)) : nil
        }
    }
}
