import Database
import JobQueue
import Synchronization
import TestKit
import Vocabulary

// Handlers that shield what they do from their cancellation, as one does that is in the middle of a paid call.
extension JobQueueExam {
    /// A handler that is through after its job went to someone else changes nothing of it, whatever it says, and gives
    /// its worker back.
    package func runLateEndAfterLostLease() async throws {
        let verdicts: [(String, @Sendable (ClaimedJob) throws -> JobVerdict)] = [
            ("complete", { _ in .complete }), ("fail", { _ in .fail(reason: "late") }),
            ("retry", { _ in .retry(reason: "late") }), ("throw", { _ in throw ExamFailure("late") }),
            ("snooze", { job in .snooze(until: job.createdAt + .seconds(9)) }),
        ]
        let bench = try await bench {
            $0.heartbeat = .milliseconds(20)
            $0.workers = verdicts.count
        }
        let queue = bench.queue
        let (started, told, refused) = (Tally(), Tally(), Tally())
        let gate = Gate()
        let runner = bench.runner([
            Self.kind: { job in
                started.add()
                try await Self.shielded(gate, told)
                do {
                    try await queue.database.write(as: .system) { try queue.confirm(job, in: $0) }
                } catch JobQueueError.leaseLost { refused.add() }
                return try verdicts.first { $0.0 == job.payload }?.1(job) ?? .complete
            },
            Self.other: { _ in .complete },
        ])
        let jobs = verdicts.map { NewJob(Self.kind, tenant: Self.acme, payload: $0.0) }
        let ids = try await bench.enqueue(jobs).compactMap { $0 }
        try await running(runner) {
            try await eventually("they run") { started.total == ids.count }
            // Another process takes them, as after a long pause of this one.
            try await bench.write { tx in
                try tx.execute("UPDATE jobs SET fence = fence + 1, worker = 'w2', lease_until = lease_until + 60000000")
            }
            try await eventually("they are told") { told.total == ids.count }
            try expectEqual(runner.running, ids.count, "still running here")
            gate.open()
            try await eventually("they are through") { runner.running == 0 }
            // Its workers are free for others.
            let next = try await bench.add(NewJob(Self.other, tenant: Self.acme))
            try await eventually("the next job is done") { try await bench.state(next) == .completed }
        }
        try expectEqual(refused.total, ids.count, "those who could see it")
        for id in ids {
            let row = try await bench.job(id)
            try expectEqual(row.state, .running, "state")
            try expectEqual(row.worker, "w2", "who holds it")
            try expectEqual(row.reason, nil, "reason")
        }
    }

    /// A stop waits for such a handler: within the grace period it isn't even told, after it the runner still waits,
    /// keeps its lease, and writes what it says.
    package func runStopWaitsForStubborn(graceIsOver: Bool) async throws {
        let bench = try await bench {
            $0.grace = graceIsOver ? .milliseconds(50) : .seconds(60)
            $0.heartbeat = .milliseconds(20)
        }
        let (started, told) = (Tally(), Tally())
        let gate = Gate()
        let runner = bench.runner([
            Self.kind: { _ in
                started.add()
                try await Self.shielded(gate, told)
                return .complete
            }
        ])
        let id = try await bench.add()
        try await running(runner) {
            try await eventually("it runs") { started.total == 1 }
            runner.stop()
            if graceIsOver { try await eventually("it is told") { told.total == 1 } }
            for _ in 0..<3 {
                bench.clock.advance(by: .seconds(4))
                try await eventually("the lease is renewed") {
                    try await bench.job(id).leaseUntil == bench.clock.now + bench.queue.limits.lease
                }
            }
            try expectEqual(try await bench.queue.rescueExpired(), 0, "rescued")
            try expectEqual(runner.running, 1, "running")
            try expectEqual(told.total, graceIsOver ? 1 : 0, "told")
            gate.open()
        }
        let row = try await bench.job(id)
        try expectEqual(row.state, .completed, "state")
        try expectEqual(row.attempt, 1, "tries")
    }

    /// Passes the gate in a task that its caller's cancellation doesn't reach; notes it when that comes.
    private static func shielded(_ gate: Gate, _ told: Tally) async throws {
        // tidy: allow task — that its caller's cancellation doesn't reach it is the point; it is awaited right here.
        let work = Task { try await gate.pass() }
        try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            told.add()
        }
    }
}
