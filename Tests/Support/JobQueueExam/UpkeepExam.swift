import Database
import JobQueue
import TestKit
import Vocabulary

extension JobQueueExam {
    /// A lease that is renewed holds; one that expires is rescued, and failed when that was the last try.
    package func runRescue() async throws {
        let bench = try await bench { $0.lease = .seconds(6) }
        let queue = bench.queue
        let id = try await bench.add(NewJob(Self.kind, tenant: Self.acme, maximumAttempts: 2))
        let first = try await bench.claimOne()
        for _ in 0..<3 {
            bench.clock.advance(by: .seconds(4))
            let kept = try await queue.renewLeases([first], worker: "w1")
            try expectEqual(kept, [HeldJob(id: id, fence: first.fence)], "leases kept")
            try expectEqual(try await queue.rescueExpired(), 0, "rescued while it is held")
        }
        bench.clock.advance(by: .seconds(6.1))
        try expectEqual(try await queue.rescueExpired(), 1, "rescued once the lease expired")
        try expectEqual(try await bench.state(id), .ready, "state")
        try expectEqual(try await queue.renewLeases([first], worker: "w1"), [], "leases kept after the rescue")
        _ = try await bench.claimOne(worker: "w2")
        bench.clock.advance(by: .seconds(6.1))
        try expectEqual(try await queue.rescueExpired(), 1, "rescued after the last try")
        let row = try await bench.job(id)
        try expectEqual(row.state, .failed, "state after the last try")
        try expect(row.reason?.contains("w2") == true, "the reason names the worker: \(row.reason ?? "none")")
    }

    /// Finished rows go after the retention, a batch at a time; live ones stay.
    package func runRetention() async throws {
        let bench = try await bench {
            $0.retention = .seconds(100)
            $0.retentionBatch = 3
        }
        let queue = bench.queue
        try await bench.enqueue((0..<5).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        for job in try await bench.claim(5) { try await bench.write { try queue.complete(job, in: $0) } }
        bench.clock.advance(by: .seconds(90))
        let alive = try await bench.add()
        let young = try await bench.add()
        try await bench.write { _ = try queue.cancel(young, in: $0) }
        try expectEqual(try await queue.deleteFinished(), 0, "deleted before the retention")
        bench.clock.advance(by: .seconds(20))
        try expectEqual(try await queue.deleteFinished(), 3, "first batch")
        try expectEqual(try await queue.deleteFinished(), 2, "second batch")
        try expectEqual(try await queue.deleteFinished(), 0, "third batch")
        try expectEqual(try await bench.state(alive), .ready, "a live job")
        try expectEqual(try await bench.state(young), .canceled, "a young one")
    }

    /// The shares of tenants that have had their turns are forgotten; those that are ahead are kept.
    package func runSharesAreForgotten() async throws {
        let bench = try await bench()
        try await bench.enqueue(NewJob(Self.kind, tenant: Self.bolt))
        try await bench.enqueue((0..<3).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        _ = try await bench.claim(4)
        _ = try await bench.queue.deleteFinished()
        let owners = try await bench.database.read(as: .system) { tx in
            try tx.query("SELECT tenant_id FROM job_shares").map { try $0.get("tenant_id", as: String.self) }
        }
        try expectEqual(owners, ["acme"], "shares kept")
    }

    /// A recurring job is queued once in each slot, whoever asks, and not while the former one lives.
    package func runRecurringSlots() async throws {
        let bench = try await bench()
        let queue = bench.queue
        let job = RecurringJob(kind: Self.kind, every: .seconds(60), payload: "tick")
        try expect(try await queue.enqueueSlot(of: job), "first slot")
        try expect(try await !queue.enqueueSlot(of: job), "the same slot")
        bench.clock.advance(by: .seconds(60))
        try expect(try await !queue.enqueueSlot(of: job), "while the former one waits")
        let first = try await bench.claimOne()
        try expectEqual(first.payload, "tick", "payload")
        try await bench.write { try queue.complete(first, in: $0) }
        try expect(try await !queue.enqueueSlot(of: job), "a slot that was passed over")
        bench.clock.advance(by: .seconds(60))
        try expect(try await queue.enqueueSlot(of: job), "the next slot")
    }

    /// Two runners queue and run a recurring job once in each slot.
    package func runRecurringWithTwoRunners() async throws {
        let bench = try await bench { $0.pollBackstop = .milliseconds(50) }
        let tally = Tally()
        let handlers: [JobKind: JobHandler] = [
            Self.kind: { job in
                tally.add(job.payload)
                return .complete
            }
        ]
        let job = RecurringJob(kind: Self.kind, every: .milliseconds(500), payload: "tick")
        let runners = (0..<2).map { _ in bench.runner(handlers, recurring: [job]) }
        try await running(runners[0], runners[1]) {
            for slot in 1...3 {
                try await eventually("slot \(slot) runs") {
                    let counts = try await bench.queue.counts()
                    return tally.total >= slot && counts.isEmpty
                }
                // Time enough for the other to do it again, if it would.
                try await Task.sleep(for: .milliseconds(600))
                try expectEqual(tally.total, slot, "runs after \(slot) slots")
                bench.clock.advance(by: .milliseconds(500))
            }
        }
    }
}
