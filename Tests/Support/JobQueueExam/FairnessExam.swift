import Database
import JobQueue
import TestKit
import Vocabulary

extension JobQueueExam {
    /// 10,000 jobs of one tenant delay another's 10 by less than 200, at the start and in the middle.
    package func runFairness() async throws {
        let bench = try await bench()
        try await bench.enqueue((0..<10_000).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        for tenant in ["bolt", "cogs"].map({ TenantID($0) }) {
            try await bench.enqueue((0..<10).map { _ in NewJob(Self.kind, tenant: tenant) })
            var before = 0
            var served = 0
            while served < 10 {
                let jobs = try await bench.claim(1)
                guard let job = jobs.first, before < 200 else { throw ExamFailure("\(served) of 10 after \(before)") }
                if job.tenant == tenant { served += 1 } else { before += 1 }
            }
        }
    }

    /// Jobs that come back don't queue behind their own tenant's backlog, and a crowd of them takes turns with others.
    package func runFairnessOfResumedJobs() async throws {
        let bench = try await bench()
        let poll = try await bench.add()
        let first = try await bench.claimOne()
        try await bench.write { try bench.queue.snooze(first, until: bench.clock.now + .seconds(5), in: $0) }
        try await bench.enqueue((0..<1_000).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        bench.clock.advance(by: .seconds(6))
        let next = try await bench.claim(5)
        try expect(next.contains { $0.id == poll }, "a poll waits behind the backlog of its tenant")

        let crowd = try await self.bench { $0.promoteBatch = 1_000 }
        let soon = crowd.clock.now + .seconds(1)
        try await crowd.enqueue((0..<1_000).map { _ in NewJob(Self.kind, tenant: Self.acme, runAt: soon) })
        crowd.clock.advance(by: .seconds(2))
        _ = try await crowd.claim(10)
        try await crowd.enqueue((0..<10).map { _ in NewJob(Self.kind, tenant: Self.bolt) })
        let jobs = try await crowd.claim(40)
        try expectEqual(jobs.count { $0.tenant == Self.bolt }, 10, "jobs beside a crowd that woke at once")
    }

    /// A backlog in one priority doesn't move the clock of another.
    package func runFairnessWithinPriority() async throws {
        let bench = try await bench()
        try await bench.enqueue((0..<500).map { _ in NewJob(Self.kind, tenant: Self.acme, priority: 9) })
        try await bench.enqueue((0..<100).map { _ in NewJob(Self.kind, tenant: Self.acme, priority: 0) })
        _ = try await bench.claim(100)
        try await bench.enqueue((0..<10).map { _ in NewJob(Self.kind, tenant: Self.bolt, priority: 9) })
        let jobs = try await bench.claim(40)
        try expectEqual(jobs.count { $0.tenant == Self.bolt }, 10, "served early in their priority")
    }

    /// A tenant of weight 3 gets three turns for one.
    package func runWeights() async throws {
        let bench = try await bench()
        guard let acme = Self.acme else { throw ExamFailure("no tenant") }
        try await bench.write { try bench.queue.setWeight(3, of: acme, in: $0) }
        for tenant in [Self.bolt, Self.acme] {
            try await bench.enqueue((0..<200).map { _ in NewJob(Self.kind, tenant: tenant) })
        }
        let jobs = try await bench.claim(100)
        let heavy = jobs.count { $0.tenant == Self.acme }
        try expect((72...78).contains(heavy), "\(heavy) of 100 turns at weight 3")
        for (given, kept) in [(0, 1), (5_000, 1_000)] {
            let found = try await bench.database.write(as: .system) { tx in
                try bench.queue.setWeight(given, of: acme, in: tx)
                return try tx.first("SELECT weight FROM job_weights")?.get("weight", as: Int.self)
            }
            try expectEqual(found, kept, "the weight \(given)")
        }
    }

    /// A claim takes only the kinds that it names, from behind any number of others.
    package func runKinds() async throws {
        let bench = try await bench()
        try await bench.enqueue((0..<300).map { _ in NewJob(Self.other, tenant: Self.acme, priority: 0) })
        let id = try await bench.add()
        try expectEqual(try await bench.claim().map(\.id), [id], "claimed by kind")
        try expectEqual(try await bench.claim(7, kinds: [Self.kind, Self.other]).count, 7, "claimed of both kinds")
        try expectEqual(try await bench.claim(7, kinds: []).count, 0, "claimed of no kind")
    }
}
