import Content
import Engines
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("Fair shares")
struct FairnessTests {
    @Test("two thousand queued films of one tenant don't delay another's five")
    func floodDelaysNobodyElse() async throws {
        let film = try VideoTests.film(seconds: 4)
        let engine = ScriptedEngine()
        engine.script.withLock { $0.fetch = { _ in .bytes(film) } }
        let bench = try await ContentBench(engines: [engine])
        let (flood, other) = (try tenant("flood"), try tenant("other"))
        let generation = VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2000 { group.addTask { _ = try await bench.content.queueVideo(Caller(flood), generation) } }
            try await group.waitForAll()
        }
        var fives: [ContentJobID] = []
        for _ in 0..<5 { fives.append(try await bench.content.queueVideo(Caller(other), generation).id) }
        let jobs = fives
        try await bench.working {
            for id in jobs { #expect(try await bench.wait(other, id).status == .completed) }
            let done = try await bench.content.jobs(
                flood, ContentJobFilter(status: .completed), PageRequest(limit: 200))
            // In a line, the other tenant's jobs would stand behind two thousand.
            #expect(done.items.count < 200, "the flood had finished \(done.items.count)")
        }
    }
}
