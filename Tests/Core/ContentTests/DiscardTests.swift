import Content
import Database
import DatabaseSQLite
import Engines
import JobQueue
import NIOCore
import ObjectStorage
import TestKit
import Testing
import Vocabulary

@Suite("Files of jobs that ended otherwise")
struct DiscardTests {
    private let kind = JobKind("content.discard-file")

    @Test("what a failed job may have stored is deleted an hour later, and left alone when the job was begun again")
    func discard() async throws {
        let engine = ScriptedEngine()
        let bench = try await ContentBench(engines: [engine]) { $0.fetchAttempts = 1 }
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueVideo(
            caller, VideoGeneration(prompt: "Rye", model: "sora-2", durationSeconds: 4))
        _ = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        #expect(try await bench.content.job(caller.tenant, job.id).status == .failed)
        #expect(try await waiting(bench) == 1)

        let key = try #require(ObjectKey(tenant: caller.tenant, category: .videos, file: "\(job.id).mp4"))
        func store() async throws {
            let body = AsyncStream<ByteBuffer> { continuation in
                continuation.yield(ByteBuffer(string: "film"))
                continuation.finish()
            }
            _ = try await bench.storage.put(key, contentType: "video/mp4", maximumSize: 100, body: body)
        }
        try await store()
        try await run(bench, job.id, caller.tenant)
        #expect(try await bench.storage.head(key) == nil)

        try await store()
        _ = try await bench.content.retry(caller.tenant, job.id)
        #expect(try await waiting(bench) == 0)
        try await run(bench, job.id, caller.tenant)
        #expect(try await bench.storage.head(key) != nil)
    }

    /// How many deletions are queued for later.
    private func waiting(_ bench: ContentBench) async throws -> Int {
        try await bench.database.read(as: .system) { [kind] transaction in
            try transaction.first(
                "SELECT COUNT(*) AS n FROM jobs WHERE kind = \(kind.rawValue) AND state = 'sleeping'")?.get("n") ?? 0
        }
    }

    private func run(_ bench: ContentBench, _ id: ContentJobID, _ tenant: TenantID) async throws {
        let claimed = ClaimedJob(
            id: Surroundings.system.newID(), kind: kind, tenant: tenant, payload: #"{"job":"\#(id)"}"#, attempt: 1,
            maximumAttempts: 1, fence: 1, createdAt: .system(), readyAt: .system())
        let handler = try #require(bench.content.handlers[kind])
        #expect(try await handler(claimed) == .complete)
    }
}
