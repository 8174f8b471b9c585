import Database
import JobQueue
import Synchronization
import TestKit
import Vocabulary

extension JobQueueExam {
    /// Two runners run 2,000 jobs, each of them once, and no more at once than they have workers.
    package func runTwoRunnersNeverTwice() async throws {
        let bench = try await bench { $0.workers = 16 }
        let tally = Tally()
        let inside = Mutex((now: 0, most: 0))
        let handlers: [JobKind: JobHandler] = [
            Self.kind: { job in
                inside.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                tally.add(job.id.text)
                await Task.yield()
                inside.withLock { $0.now -= 1 }
                return .complete
            }
        ]
        let tenants = (0..<20).compactMap { TenantID("tenant-\($0)") }
        try await bench.enqueue((0..<2_000).map { NewJob(Self.kind, tenant: tenants[$0 % 20]) })
        try await running(bench.runner(handlers), bench.runner(handlers)) {
            try await eventually(within: .seconds(60), "2,000 jobs run") { try await bench.queue.counts().isEmpty }
        }
        try expectEqual(tally.names, 2_000, "jobs run")
        try expectEqual(tally.highest, 1, "times that one job ran")
        try expect(inside.withLock { $0.most } <= 32, "more at once than there are workers")
    }

    /// No more jobs run at once than there are workers; others wait as ready rows.
    package func runWorkersLimit() async throws {
        let bench = try await bench { $0.workers = 3 }
        let gate = Gate()
        let handlers: [JobKind: JobHandler] = [
            Self.kind: { _ in
                try await gate.pass()
                return .complete
            }
        ]
        try await bench.enqueue((0..<10).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        let runner = bench.runner(handlers)
        try await running(runner) {
            try await eventually("the workers are busy") { runner.running == 3 }
            let counts = Set(try await bench.queue.counts())
            let expected = [
                JobCount(kind: Self.kind, state: .running, count: 3),
                JobCount(kind: Self.kind, state: .ready, count: 7),
            ]
            try expectEqual(counts, Set(expected), "counts")
            gate.open()
            try await eventually("all run") { try await bench.queue.counts().isEmpty }
        }
    }

    /// A job queued while the runner idles is taken at once, long before the backstop; one that sleeps, when it is due.
    package func runWakeUp() async throws {
        let bench = try await bench { $0.pollBackstop = .seconds(60) }
        let tally = Tally()
        let runner = bench.runner([
            Self.kind: { _ in
                tally.add()
                return .complete
            }
        ])
        try await running(runner) {
            try await eventually("it looked") { runner.lastLookedAt != nil }
            for count in 1...3 {
                // Long enough for the runner to be waiting.
                try await Task.sleep(for: .milliseconds(100))
                _ = try await bench.add()
                try await eventually("job \(count) is taken") { tally.total == count }
            }
            let due = bench.clock.now + .milliseconds(200)
            _ = try await bench.add(NewJob(Self.kind, tenant: Self.acme, runAt: due))
            try await Task.sleep(for: .milliseconds(20))
            bench.clock.advance(by: .seconds(1))
            try await eventually("the one that slept is taken") { tally.total == 4 }
        }
    }

    /// Without any notification, the backstop finds what has become due.
    package func runBackstop() async throws {
        let bench = try await bench { $0.pollBackstop = .milliseconds(50) }
        let tally = Tally()
        let runner = bench.runner([
            Self.kind: { _ in
                tally.add()
                return .complete
            }
        ])
        _ = try await bench.add(NewJob(Self.kind, tenant: Self.acme, runAt: bench.clock.now + .seconds(3600)))
        try await running(runner) {
            try await eventually("it looked") { runner.lastLookedAt != nil }
            bench.clock.advance(by: .seconds(7200))
            try await eventually("it is taken") { tally.total == 1 }
            let looked = runner.lastLookedAt
            bench.clock.advance(by: .seconds(5))
            try await eventually("it goes on looking") { runner.lastLookedAt != looked }
        }
    }

    /// Verdicts and thrown errors become states.
    package func runVerdicts() async throws {
        let bench = try await bench { $0.pollBackstop = .milliseconds(50) }
        let queue = bench.queue
        let until = bench.clock.now + .seconds(3600)
        struct Broken: Error {}
        let runner = bench.runner([
            Self.kind: { job in
                switch job.payload {
                case "complete": return .complete
                case "snooze": return .snooze(until: until)
                case "retry": return .retry(reason: "again")
                case "fail": return .fail(reason: "no")
                case "throw": throw Broken()
                case "lost": throw JobQueueError.leaseLost(job.id)
                default:
                    try await queue.database.write(as: .system) { try queue.complete(job, in: $0) }
                    return .settled
                }
            }
        ])
        let expected: [(String, JobState)] = [
            ("complete", .completed), ("snooze", .sleeping), ("retry", .sleeping), ("fail", .failed),
            ("throw", .sleeping), ("lost", .running), ("settled", .completed),
        ]
        let ids = try await bench.enqueue(expected.map { NewJob(Self.kind, tenant: Self.acme, payload: $0.0) })
        try await running(runner) {
            try await eventually("all are taken") {
                try await queue.counts().allSatisfy { $0.state != .ready } && runner.running == 0
            }
        }
        for (id, (payload, state)) in zip(ids.compactMap { $0 }, expected) {
            try expectEqual(try await bench.state(id), state, "state after \(payload)")
        }
        guard let thrown = ids[4] else { throw ExamFailure("no id") }
        try expect(try await bench.job(thrown).reason?.contains("Broken") == true, "the error is the reason")
    }

    /// The handler of a job that is cancelled is cancelled, well before the next heartbeat.
    package func runCancelWhileRunning() async throws {
        let bench = try await bench {
            $0.heartbeat = .seconds(60)
            $0.lease = .seconds(3600)
        }
        let started = Tally()
        let stopped = Tally()
        let runner = bench.runner([Self.kind: Self.sleeper(started, stopped)])
        let id = try await bench.add()
        try await running(runner) {
            try await eventually("it runs") { started.total == 1 }
            try await bench.write { _ = try bench.queue.cancel(id, in: $0) }
            try await eventually("its handler is cancelled") { stopped.total == 1 && runner.running == 0 }
        }
        try expectEqual(try await bench.state(id), .canceled, "state")
    }

    /// The heartbeat keeps a lease for as long as the handler runs; a process that lost one stops its handler.
    package func runHeartbeat() async throws {
        let bench = try await bench {
            $0.heartbeat = .milliseconds(20)
            $0.rescueEvery = .seconds(600)
            $0.lease = .seconds(6)
        }
        let started = Tally()
        let stopped = Tally()
        let runner = bench.runner([Self.kind: Self.sleeper(started, stopped)])
        let id = try await bench.add()
        try await running(runner) {
            try await eventually("it runs") { started.total == 1 }
            for _ in 0..<5 {
                bench.clock.advance(by: .seconds(4))
                try await eventually("the lease is renewed") {
                    try await bench.job(id).leaseUntil == bench.clock.now + .seconds(6)
                }
                try expectEqual(try await bench.queue.rescueExpired(), 0, "rescued")
            }
            // Another process takes it, as after a long pause of this one.
            try await bench.write { tx in
                try tx.execute("UPDATE jobs SET fence = fence + 1, worker = 'w2', lease_until = lease_until + 60000000")
            }
            try await eventually("its handler is cancelled") { stopped.total == 1 && runner.running == 0 }
        }
        try expectEqual(try await bench.job(id).worker, "w2", "who holds it")
    }

    /// The jobs of a worker that died are taken up by another.
    package func runRescueByRunner() async throws {
        let bench = try await bench { $0.rescueEvery = .milliseconds(20) }
        let id = try await bench.add()
        _ = try await bench.claimOne(worker: "died")
        let runner = bench.runner([Self.kind: { _ in .complete }])
        try await running(runner) {
            try await Task.sleep(for: .milliseconds(100))
            try expectEqual(try await bench.state(id), .running, "before the lease expires")
            bench.clock.advance(by: bench.queue.limits.lease + .milliseconds(1))
            try await eventually("it is taken up") { try await bench.state(id) == .completed }
        }
    }

    /// The runner deletes what is past the retention, batch after batch.
    package func runRetentionByRunner() async throws {
        let bench = try await bench {
            $0.retentionEvery = .milliseconds(20)
            $0.retentionBatch = 10
        }
        try await bench.enqueue((0..<35).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        let runner = bench.runner([Self.kind: { _ in .complete }])
        try await running(runner) {
            try await eventually("all run") { try await bench.queue.counts().isEmpty }
            try expectEqual(try await bench.queue.list(state: .completed).items.count, 35, "kept")
            bench.clock.advance(by: bench.queue.limits.retention + .seconds(1))
            try await eventually("all are deleted") { try await bench.queue.list().items.isEmpty }
        }
    }

    /// A graceful stop lets handlers finish within the grace period.
    package func runStopLetsFinish() async throws {
        let bench = try await bench()
        let started = Tally()
        let gate = Gate()
        let runner = bench.runner([
            Self.kind: { _ in
                started.add()
                try await gate.pass()
                return .complete
            }
        ])
        let id = try await bench.add()
        try await running(runner) {
            try await eventually("it runs") { started.total == 1 }
            runner.stop()
            let later = try await bench.add()
            try await Task.sleep(for: .milliseconds(100))
            try expectEqual(try await bench.state(later), .ready, "a job queued after the stop")
            gate.open()
        }
        try expectEqual(try await bench.state(id), .completed, "state")
    }

    /// After the grace period handlers are cancelled, and their jobs handed back untried, ready at once.
    package func runStopHandsBack() async throws {
        let bench = try await bench { $0.grace = .milliseconds(50) }
        let started = Tally()
        let stopped = Tally()
        let ids = try await bench.enqueue((0..<5).map { _ in NewJob(Self.kind, tenant: Self.acme) }).compactMap { $0 }
        let runner = bench.runner([Self.kind: Self.sleeper(started, stopped)])
        try await running(runner) { try await eventually("they run") { started.total == 5 } }
        try expectEqual(stopped.total, 5, "handlers cancelled")
        for id in ids {
            let row = try await bench.job(id)
            try expectEqual(row.state, .ready, "state")
            try expectEqual(row.attempt, 0, "tries")
            try expectEqual(row.worker, nil, "worker")
        }
        try expectEqual(try await bench.claim(worker: "w2").map(\.attempt), [1, 1, 1, 1, 1], "tries at the next claim")
    }

    /// Each claim of a runner takes at most the batch.
    package func runClaimBatch() async throws {
        var bench = try await bench {
            $0.claimBatch = 3
            $0.heartbeat = .seconds(60)
            $0.lease = .seconds(3600)
            $0.grace = .zero
        }
        // Every look at this clock is a moment later, so that jobs of one claim share the end of their lease.
        let clock = bench.clock
        bench.queue = JobQueue(
            database: bench.database,
            surroundings: Surroundings(
                now: {
                    clock.advance(by: .microseconds(1))
                    return clock.now
                }, randomBytes: Surroundings.system.randomBytes), limits: bench.queue.limits)
        try await bench.enqueue((0..<10).map { _ in NewJob(Self.kind, tenant: Self.acme) })
        let started = Tally()
        let runner = bench.runner([Self.kind: Self.sleeper(started, Tally())])
        let queue = bench.queue
        try await running(runner) {
            try await eventually("all run") { started.total == 10 }
            let jobs = try await queue.list(state: .running).items
            let claims = Dictionary(grouping: jobs) { $0.leaseUntil }.values.map(\.count)
            try expectEqual(claims.sorted(), [1, 3, 3, 3], "jobs of each claim")
        }
    }

    /// Runs until it is cancelled.
    private static func sleeper(_ started: Tally, _ stopped: Tally) -> JobHandler {
        { _ in
            started.add()
            do { try await Task.sleep(for: .seconds(600)) } catch {
                stopped.add()
                throw error
            }
            return .complete
        }
    }
}
