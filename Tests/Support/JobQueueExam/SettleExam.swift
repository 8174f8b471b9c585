import Database
import JobQueue
import TestKit
import Vocabulary

extension JobQueueExam {
    /// A snoozed job sleeps, isn't a try, and carries its new payload; a wake makes it due at once.
    package func runSnoozeAndWake() async throws {
        let bench = try await bench()
        let queue = bench.queue
        let id = try await bench.add(NewJob(Self.kind, tenant: Self.acme, uniqueKey: "render-1"))
        let job = try await bench.claimOne()
        let moment = bench.clock.now + .seconds(600)
        try await bench.write { try queue.snooze(job, until: moment, in: $0, payload: "two") }
        try expectEqual(try await bench.state(id), .sleeping, "state")
        try expectEqual(try await bench.claim().count, 0, "claimed while it sleeps")
        try await bench.write { tx in
            try expectEqual(try queue.wake(uniqueKey: "render-1", tenant: Self.acme, in: tx), true, "woken")
            try expectEqual(try queue.wake(uniqueKey: "render-1", tenant: Self.bolt, in: tx), false, "another tenant's")
        }
        let again = try await bench.claimOne()
        try expectEqual(again.payload, "two", "payload")
        try expectEqual(again.attempt, 1, "attempt")
        // A wake that comes while the job runs isn't lost.
        try await bench.write {
            try expectEqual(try queue.wake(uniqueKey: "render-1", tenant: Self.acme, in: $0), true, "")
        }
        try await bench.write { try queue.snooze(again, until: moment, in: $0) }
        let third = try await bench.claimOne()
        try await bench.write { try queue.snooze(third, until: moment, in: $0) }
        try expectEqual(try await bench.claim().count, 0, "a wake counts once")
        bench.clock.advance(by: .seconds(601))
        _ = try await bench.claimOne()
    }

    /// A failed try waits longer each time, up to the most, and the last one is final.
    package func runRetryThenFailed() async throws {
        let bench = try await bench {
            $0.backoffFirst = .seconds(10)
            $0.backoffMost = .seconds(40)
            $0.maximumAttempts = 5
        }
        let id = try await bench.add()
        for attempt in 1...4 {
            let job = try await bench.claimOne()
            try expectEqual(job.attempt, attempt, "attempt")
            try await bench.write { try bench.queue.retry(job, reason: "try \(attempt)", in: $0) }
            let row = try await bench.job(id)
            let full = [10.0, 20, 40, 40][attempt - 1]
            let wait = (row.runAt - bench.clock.now).fractionalSeconds
            try expect(wait >= full * 0.5 && wait <= full, "wait \(wait) after attempt \(attempt)")
            try expectEqual(row.reason, "try \(attempt)", "reason")
            bench.clock.advance(by: .seconds(40))
        }
        let last = try await bench.claimOne()
        try expect(last.isLastAttempt, "the last attempt knows")
        try await bench.write { try bench.queue.retry(last, reason: "the end", in: $0) }
        try expectEqual(try await bench.state(id), .failed, "state after the last try")
        let single = try await bench.add(NewJob(Self.kind, tenant: Self.acme, maximumAttempts: 1))
        let only = try await bench.claimOne()
        try await bench.write { try bench.queue.retry(only, reason: "no", in: $0) }
        try expectEqual(try await bench.state(single), .failed, "a job's own limit of tries")
    }

    /// Of a reason no more is kept than the limit.
    package func runReasonLimit() async throws {
        let bench = try await bench()
        let id = try await bench.add()
        let job = try await bench.claimOne()
        let long = String(repeating: "x", count: JobQueue.reasonLimit + 1)
        try await bench.write { try bench.queue.fail(job, reason: long, in: $0) }
        try expectEqual(try await bench.job(id).reason?.count, JobQueue.reasonLimit, "length of the reason")
    }

    /// A job is cancelled before it runs or while it does; its holder can't settle it any more.
    package func runCancel() async throws {
        let bench = try await bench()
        let queue = bench.queue
        let waiting = try await bench.add(NewJob(Self.kind, tenant: Self.acme, uniqueKey: "k"))
        try await bench.write { tx in
            try expectEqual(try queue.cancel(uniqueKey: "k", tenant: Self.bolt, in: tx), false, "another tenant's")
            try expectEqual(try queue.cancel(uniqueKey: "k", tenant: Self.acme, in: tx), true, "by key")
            try expectEqual(try queue.cancel(waiting, in: tx), false, "a second time")
        }
        try expectEqual(try await bench.claim().count, 0, "cancelled jobs claimed")
        let id = try await bench.add()
        let job = try await bench.claimOne()
        try await bench.write { try expectEqual(try queue.cancel(id, in: $0), true, "while it runs") }
        try expectEqual(try await queue.renewLeases([job], worker: "w1"), [], "leases kept of a cancelled job")
        try await bench.expectLeaseLost("complete after cancel") { try queue.complete(job, in: $0) }
        try expectEqual(try await bench.state(id), .canceled, "state")
    }

    /// A holder whose job was rescued can't settle it, and what else its transaction did is undone; the new one can.
    package func runFencing() async throws {
        let bench = try await bench()
        let queue = bench.queue
        let id = try await bench.add()
        let old = try await bench.claimOne(worker: "w1")
        bench.clock.advance(by: queue.limits.lease + .milliseconds(1))
        try expectEqual(try await queue.rescueExpired(), 1, "rescued")
        let effect: @Sendable (any Transaction) throws -> Void = { tx in
            try queue.enqueue(NewJob(Self.other, tenant: Self.acme), in: tx)
            try queue.complete(old, in: tx)
        }
        try await bench.expectLeaseLost("complete after the rescue", effect)
        let new = try await bench.claimOne(worker: "w2")
        try expectEqual(new.attempt, 2, "attempt")
        try await bench.expectLeaseLost("complete while another holds it", effect)
        try await bench.expectLeaseLost("snooze") { try queue.snooze(old, until: bench.clock.now, in: $0) }
        try await bench.expectLeaseLost("retry") { try queue.retry(old, reason: "", in: $0) }
        try await bench.expectLeaseLost("fail") { try queue.fail(old, reason: "", in: $0) }
        try await bench.expectLeaseLost("hand back") { try queue.handBack(old, in: $0) }
        try await bench.write { try queue.complete(new, in: $0) }
        try await bench.expectLeaseLost("complete twice") { try queue.complete(new, in: $0) }
        try expectEqual(try await bench.state(id), .completed, "state")
        try expectEqual(try await bench.claim(kinds: [Self.other]).count, 0, "effects of transactions undone")
    }

    /// What operators see, and the failed job that is queued again.
    package func runOperator() async throws {
        let bench = try await bench()
        let queue = bench.queue
        let failing = try await bench.add(NewJob(Self.kind, tenant: Self.acme, uniqueKey: "k"))
        let job = try await bench.claimOne()
        try await bench.write { try queue.fail(job, reason: "broken", in: $0) }
        try await bench.enqueue((0..<5).map { _ in NewJob(Self.kind, tenant: Self.bolt) })
        _ = try await bench.add(NewJob(Self.other, tenant: nil, runAt: bench.clock.now + .seconds(9)))
        _ = try await bench.claim(2)
        let counts = Set(try await queue.counts())
        let expected = [
            JobCount(kind: Self.kind, state: .ready, count: 3), JobCount(kind: Self.kind, state: .running, count: 2),
            JobCount(kind: Self.kind, state: .failed, count: 1), JobCount(kind: Self.other, state: .sleeping, count: 1),
        ]
        try expectEqual(counts, Set(expected), "counts")
        let failed = try await queue.list(state: .failed)
        try expectEqual(failed.items.map(\.reason), ["broken"], "failed jobs")
        try expectEqual(try await queue.list(kind: Self.other).items.count, 1, "by kind")
        let first = try await queue.list(tenant: Self.bolt, page: PageRequest(limit: 3))
        let second = try await queue.list(tenant: Self.bolt, page: PageRequest(limit: 3, after: first.next))
        try expectEqual(first.items.count, 3, "first page")
        try expectEqual(second.items.count, 2, "second page")
        try expectEqual(second.next, nil, "after the last page")
        try expect(try await queue.requeue(failing), "a failed job is queued again")
        let row = try await bench.job(failing)
        try expectEqual(row.state, .ready, "state of the job queued again")
        try expectEqual(row.attempt, 0, "tries of the job queued again")
        try expect(try await !queue.requeue(failing), "one that hasn't failed isn't")
        let again = try await bench.claim().first { $0.id == failing }
        guard let again else { throw ExamFailure("the job queued again isn't claimed") }
        try await bench.write { try queue.fail(again, reason: "broken", in: $0) }
        _ = try await bench.add(NewJob(Self.kind, tenant: Self.acme, uniqueKey: "k"))
        try expect(try await !queue.requeue(failing), "not while another has its key")
    }
}
