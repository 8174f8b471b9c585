import Database
import JobQueue
import TestKit
import Vocabulary

extension JobQueueExam {
    private struct ChangedMind: Error {}

    /// A job is there when its transaction is, and not when that is undone.
    package func runEnqueueWithTransaction() async throws {
        let bench = try await bench()
        do {
            try await bench.write { tx in
                try bench.queue.enqueue(NewJob(Self.kind, tenant: Self.acme), in: tx)
                throw ChangedMind()
            }
        } catch is ChangedMind {}
        try expectEqual(try await bench.claim().count, 0, "jobs of an undone transaction")
        let id = try await bench.add(NewJob(Self.kind, tenant: Self.acme, payload: #"{"n":1}"#))
        let claimed = try await bench.claimOne()
        try expectEqual(claimed.id, id, "id")
        try expectEqual(claimed.payload, #"{"n":1}"#, "payload")
        try expectEqual(claimed.tenant, Self.acme, "tenant")
        try expectEqual(claimed.attempt, 1, "attempt")
        let machine = try await bench.add(NewJob(Self.kind, tenant: nil))
        let own = try await bench.claimOne()
        try expectEqual(own.id, machine, "the machine's own job")
        try expectEqual(own.tenant, nil, "tenant of the machine's own job")
    }

    /// A tenant's transaction queues that tenant's jobs only.
    package func runEnqueueKeepsTenantsApart() async throws {
        let bench = try await bench()
        guard let acme = Self.acme else { throw ExamFailure("no tenant") }
        do {
            try await bench.database.write(as: acme) { tx in
                _ = try bench.queue.enqueue(NewJob(Self.kind, tenant: Self.bolt), in: tx)
            }
            throw ExamFailure("a job of another tenant was taken")
        } catch let error as DatabaseError {
            try expectEqual(error.code, .misuse, "code")
        }
        let foreign = try await bench.add(NewJob(Self.kind, tenant: Self.bolt))
        let isCanceled = try await bench.database.write(as: acme) { try bench.queue.cancel(foreign, in: $0) }
        try expectEqual(isCanceled, false, "another tenant's job cancelled")
    }

    /// A unique key is taken once while its job lives, and again after.
    package func runUniqueKey() async throws {
        let bench = try await bench()
        let job = NewJob(Self.kind, tenant: Self.acme, uniqueKey: "k")
        let first = try await bench.add(job)
        try expectEqual(try await bench.enqueue(job), nil, "while it waits")
        try expectEqual(
            try await bench.enqueue([NewJob(Self.kind, tenant: Self.bolt, uniqueKey: "k"), job]).map { $0 != nil },
            [true, false], "another tenant's, and the same, in bulk")
        let twice = NewJob(Self.kind, tenant: Self.acme, uniqueKey: "twice")
        try expectEqual(try await bench.enqueue([twice, twice]).compactMap { $0 }.count, 1, "the same twice in bulk")
        let jobs = try await bench.claim()
        try expectEqual(try await bench.enqueue(job), nil, "while it runs")
        guard let claimed = jobs.first(where: { $0.id == first }) else { throw ExamFailure("not claimed") }
        try await bench.write { try bench.queue.snooze(claimed, until: bench.clock.now + .seconds(60), in: $0) }
        try expectEqual(try await bench.enqueue(job), nil, "while it sleeps")
        bench.clock.advance(by: .seconds(61))
        let again = try await bench.claimOne()
        try await bench.write { try bench.queue.complete(again, in: $0) }
        try expect(try await bench.enqueue(job) != nil, "taken again after it ended")
    }

    /// A lower number is served first, whatever the order of queueing.
    package func runPriorities() async throws {
        let bench = try await bench()
        let priorities = [9, 5, 0, 5, 12, -3]
        for priority in priorities {
            try await bench.enqueue(NewJob(Self.kind, tenant: Self.acme, payload: "\(priority)", priority: priority))
        }
        try expectEqual(try await bench.claim().map(\.payload), ["0", "-3", "5", "5", "9", "12"], "order")
    }

    /// A job isn't run before its moment, and the claim says when the next is due.
    package func runNotBeforeItsMoment() async throws {
        let bench = try await bench()
        let moment = bench.clock.now + .seconds(10)
        let id = try await bench.add(NewJob(Self.kind, tenant: Self.acme, runAt: moment))
        try expectEqual(try await bench.state(id), .sleeping, "state")
        let early = try await bench.queue.claim(kinds: [Self.kind], limit: 1, worker: "w1")
        try expectEqual(early.jobs.count, 0, "claimed too early")
        try expectEqual(early.nextDue, moment, "next due")
        bench.clock.advance(by: .seconds(10))
        try expectEqual(try await bench.claimOne().readyAt, moment, "ready at")
        let past = try await bench.add(NewJob(Self.kind, tenant: Self.acme, runAt: moment - .seconds(60)))
        try expectEqual(try await bench.state(past), .ready, "a moment that has passed")
    }

    /// A payload up to the limit is taken, one byte more is refused.
    package func runPayloadLimit() async throws {
        let bench = try await bench { $0.payloadLimit = 1024 }
        let most = String(repeating: "x", count: 1024)
        _ = try await bench.add(NewJob(Self.kind, tenant: Self.acme, payload: most))
        do {
            _ = try await bench.add(NewJob(Self.kind, tenant: Self.acme, payload: most + "x"))
            throw ExamFailure("a payload over the limit was taken")
        } catch JobQueueError.payloadTooLarge(let bytes, let limit) {
            try expectEqual([bytes, limit], [1025, 1024], "what the error says")
        }
        let job = try await bench.claimOne()
        do {
            try await bench.write { try bench.queue.snooze(job, until: bench.clock.now, in: $0, payload: most + "x") }
            throw ExamFailure("a payload over the limit was taken by snooze")
        } catch JobQueueError.payloadTooLarge {}
    }

    /// One claim wakes no more sleeping jobs than the limit, and says that more are due.
    package func runPromoteBatch() async throws {
        let bench = try await bench { $0.promoteBatch = 2 }
        let soon = bench.clock.now + .seconds(1)
        try await bench.enqueue((0..<5).map { _ in NewJob(Self.kind, tenant: Self.acme, runAt: soon) })
        bench.clock.advance(by: .seconds(2))
        var counts: [Int] = []
        for _ in 0..<4 {
            let claim = try await bench.queue.claim(kinds: [Self.kind], limit: 10, worker: "w1")
            counts.append(claim.jobs.count)
            try expectEqual(claim.nextDue, counts.reduce(0, +) < 5 ? soon : nil, "next due")
        }
        try expectEqual(counts, [2, 2, 1, 0], "jobs of each claim")
    }
}
