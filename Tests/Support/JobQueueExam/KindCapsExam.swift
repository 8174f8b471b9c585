import Database
import JobQueue
import Synchronization
import TestKit
import Vocabulary

extension JobQueueExam {
    /// A kind that may not take every worker takes as many as it may, and the other kinds have the rest.
    package func runKindCap() async throws {
        let bench = try await bench()
        let gate = Gate()
        let inside = Mutex((now: 0, most: 0))
        let others = Tally()
        let runner = bench.runner(
            [
                Self.kind: { _ in
                    inside.withLock {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    try await gate.pass()
                    inside.withLock { $0.now -= 1 }
                    return .complete
                },
                Self.other: { _ in
                    others.add()
                    return .complete
                },
            ], caps: [Self.kind: 16])
        try await bench.enqueue((0..<200).map { _ in NewJob(Self.kind, tenant: Self.acme, priority: 4) })
        try await running(runner) {
            try await eventually("as many hang as may") { inside.withLock { $0.now } == 16 }
            try await bench.enqueue((0..<300).map { _ in NewJob(Self.other, tenant: Self.acme) })
            try await eventually("the others are done") { others.total == 300 && runner.running == 16 }
            let counts = Set(try await bench.queue.counts())
            let expected = [
                JobCount(kind: Self.kind, state: .running, count: 16),
                JobCount(kind: Self.kind, state: .ready, count: 184),
            ]
            try expectEqual(counts, Set(expected), "counts")
            gate.open()
            try await eventually("all are done") { try await bench.queue.counts().isEmpty }
        }
        try expectEqual(inside.withLock { $0.most }, 16, "of the kind at once")
    }

    /// What one process wakes and may not take another one does, though that slept through its moment.
    package func runKindCapLeavesToOthers() async throws {
        let bench = try await bench { $0.pollBackstop = .seconds(60) }
        let done = Tally()
        let runner = bench.runner([
            Self.kind: { _ in
                done.add()
                return .complete
            }
        ])
        let due = bench.clock.now + .seconds(3600)
        try await bench.enqueue((0..<2).map { _ in NewJob(Self.kind, tenant: Self.acme, runAt: due) })
        try await running(runner) {
            try await eventually("it looked") { runner.lastLookedAt != nil }
            // Long enough for the runner to be waiting.
            try await Task.sleep(for: .milliseconds(100))
            bench.clock.advance(by: .seconds(3600))
            let claim = try await bench.queue.claim(
                kinds: [Self.kind], limit: 10, atMost: [Self.kind: 1], worker: "capped")
            try expectEqual(claim.jobs.count, 1, "taken by the other")
            try await eventually("the one that it left is done") { done.total == 1 }
        }
        try expectEqual(try await bench.queue.list(state: .running).items.map(\.worker), ["capped"], "who runs one")
    }

    /// Another room's query tells what has work queued from what hasn't.
    package func runHasLiveJob() async throws {
        let bench = try await bench()
        let kind = Self.kind
        for (tenant, key) in [(Self.acme, "waits"), (Self.acme, "finished"), (Self.bolt, "elsewhere")] {
            _ = try await bench.add(NewJob(kind, tenant: tenant, uniqueKey: key))
        }
        try await bench.write { tx in
            _ = try bench.queue.cancel(uniqueKey: "finished", tenant: Self.acme, in: tx)
            try tx.execute("CREATE TABLE films (tenant_id TEXT NOT NULL, id TEXT NOT NULL)")
            for id in ["waits", "finished", "elsewhere", "never"] {
                try tx.execute("INSERT INTO films (tenant_id, id) VALUES (\(Self.acme), \(id))")
            }
            let condition = JobQueue.hasLiveJob(uniqueKey: "films.id", tenant: "films.tenant_id")
            let live = try tx.query("SELECT id FROM films WHERE \(condition)").map { try $0.get("id", as: String.self) }
            try expectEqual(live, ["waits"], "with work")
            let orphans = try tx.query("SELECT id FROM films WHERE NOT \(condition) ORDER BY id")
                .map { try $0.get("id", as: String.self) }
            try expectEqual(orphans, ["elsewhere", "finished", "never"], "without work")
        }
    }
}
