import Content
import Database
import DatabaseSQLite
import Engines
import JobQueue
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("Limits of content")
struct ContentLimitsTests {
    private let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)

    @Test("each limit has a setting that is read, and refuses what is out of range")
    func settings() throws {
        let given = [
            "ATELIER_PROMPT_LENGTH": "10", "ATELIER_OPEN_JOBS": "11", "ATELIER_REFERENCE_IMAGES": "12",
            "ATELIER_POLL_INTERVAL": "13s", "ATELIER_FIRST_POLL": "14s", "ATELIER_SUBMIT_DEADLINE": "15s",
            "ATELIER_FETCH_DEADLINE": "16s", "ATELIER_FETCH_PATIENCE": "17s", "ATELIER_RENDER_WORKERS": "18",
            "ATELIER_FETCH_ATTEMPTS": "19", "ATELIER_DURATION_TOLERANCE": "20s", "ATELIER_LINK_TTL": "21s",
            "ATELIER_RETENTION": "22s",
        ]
        let reader = SettingsReader(.values(given))
        let limits = ContentLimits(reading: reader)
        try reader.finish()
        #expect(limits.promptLength == 10 && limits.openJobs == 11 && limits.referenceImages == 12)
        #expect(limits.pollInterval == .seconds(13) && limits.firstPoll == .seconds(14))
        #expect(limits.submitDeadline == .seconds(15) && limits.fetchDeadline == .seconds(16))
        #expect(limits.fetchPatience == .seconds(17) && limits.renderWorkers == 18 && limits.fetchAttempts == 19)
        #expect(limits.durationTolerance == .seconds(20) && limits.linkTTL == .seconds(21))
        #expect(limits.retention == .seconds(22))
        #expect(Set(reader.declared.map(\.name)) == Set(given.keys))
        let wrong = SettingsReader(.values(given.mapValues { _ in "99999999999d" }))
        _ = ContentLimits(reading: wrong)
        #expect(throws: SettingsError.self) { try wrong.finish() }
        #expect(wrong.faults.count == given.count)
    }

    @Test("a film has no more reference images than allowed, and a rate within its bounds")
    func videoFields() async throws {
        let bench = try await ContentBench { $0.referenceImages = 1 }
        var order = generation
        order.referenceImages = ["https://example.com/1.png", "https://example.com/2.png"]
        order.framesPerSecond = 61
        do {
            _ = try await bench.content.queueVideo(Caller(try tenant("acme")), order)
            Issue.record("taken")
        } catch ContentError.invalid(let faults) {
            #expect(faults.map(\.pointer) == ["/fps", "/reference_images"])
        }
    }

    @Test("a create, a question and a fetch have deadlines of their own")
    func deadlines() async throws {
        let calls = Mutex<[String: Duration]>([:])
        let engine = ScriptedEngine()
        engine.script.withLock { script in
            script.submit = { request, call in
                calls.withLock { $0["submit"] = call.deadline - .system() }
                return VideoTicket(engine: "scripted", model: request.model, id: call.requestID)
            }
            script.fetch = { _ in .bytes(try VideoTests.film(seconds: 4)) }
        }
        let bench = try await ContentBench(engines: [engine]) { $0.submitDeadline = .seconds(7) }
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(caller, generation)
        _ = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        let submit = try #require(calls.withLock { $0["submit"] })
        #expect(submit <= .seconds(7) && submit > .zero)
        #expect(bench.content.caps.values.contains(bench.content.limits.renderWorkers))
    }

    @Test("links in answers are good for as long as the setting says")
    func links() async throws {
        let clock = TestClock()
        let bench = try await ContentBench(surroundings: clock.surroundings) { $0.linkTTL = .seconds(60) }
        let record = try await bench.content.generateImage(
            Caller(try tenant("acme")), ImageGeneration(prompt: "Rye", model: "sandbox", size: "64x64"))
        #expect(record.url.contains("expires=\(clock.now.seconds + 60)&"))
    }

    @Test("ended jobs, their events and the records of texts are deleted once they are old enough")
    func retention() async throws {
        let clock = TestClock()
        let bench = try await ContentBench(surroundings: clock.surroundings) { $0.retention = .seconds(100) }
        let caller = Caller(try tenant("acme"))
        let ended = try await bench.content.queueVideo(caller, generation)
        _ = try await bench.content.cancel(caller.tenant, ended.id)
        let open = try await bench.content.queueVideo(caller, generation)
        _ = try await bench.content.generateText(caller, TextGeneration(prompt: "Rye"))
        func rows(_ sql: SQL) async throws -> Int {
            try await bench.database.read(as: .system) { try $0.first(sql)?.get("n") ?? 0 }
        }
        clock.advance(by: .seconds(99))
        try await bench.sweep()
        #expect(try await bench.content.jobs(caller.tenant, ContentJobFilter(), PageRequest()).items.count == 2)
        clock.advance(by: .seconds(2))
        try await bench.sweep()
        let left = try await bench.content.jobs(caller.tenant, ContentJobFilter(), PageRequest()).items
        #expect(left.map(\.id) == [open.id])
        #expect(try await rows("SELECT COUNT(*) AS n FROM content_job_events WHERE job_id = \(ended.id)") == 0)
        #expect(try await rows("SELECT COUNT(*) AS n FROM generations") == 0)
    }

    @Test("an unfinished job without queued work is found and worked on; one that has some is left alone")
    func orphans() async throws {
        let clock = TestClock()
        let bench = try await ContentBench(surroundings: clock.surroundings)
        let caller = Caller(try tenant("acme"))
        let orphan = try await bench.content.queueVideo(caller, generation)
        _ = try await bench.content.queueVideo(caller, generation)
        let wasQueued = try await bench.database.write(as: caller.tenant) { [queue = bench.queue] in
            try queue.cancel(uniqueKey: orphan.id.text, tenant: caller.tenant, in: $0)
        }
        #expect(wasQueued)
        func live() async throws -> Int {
            try await bench.database.read(as: .system) {
                try $0.first("SELECT COUNT(*) AS n FROM jobs WHERE finished_at IS NULL")?.get("n") ?? 0
            }
        }
        try await bench.sweep()
        #expect(try await live() == 1)
        clock.advance(by: .seconds(121))
        try await bench.sweep()
        #expect(try await live() == 2)
        try await bench.sweep()
        #expect(try await live() == 2)
    }
}
