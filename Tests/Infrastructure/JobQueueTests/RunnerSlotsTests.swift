import Database
import Synchronization
import Testing
import Vocabulary

@testable import JobQueue

@Suite("The slots of a runner")
struct RunnerSlotsTests {
    @Test("a job occupies a slot until it is finished") func occupancy() {
        var slots = RunnerSlots(capacity: 2)
        let job = Self.job(fence: 1)
        slots.take(job)
        #expect(slots.free == 1)
        #expect(!slots.begin(job) {})
        slots.finish(job)
        #expect(slots.free == 2)
        #expect(slots.jobs.isEmpty)
    }

    @Test("a job whose lease wasn't kept is stopped once, and a later holding of it isn't") func lost() {
        var slots = RunnerSlots(capacity: 3)
        let old = Self.job(fence: 1)
        let new = Self.job(fence: 2)
        for job in [old, new] {
            slots.take(job)
            _ = slots.begin(job) {}
        }
        #expect(slots.lose([old, new], kept: [new.holding]).count == 1)
        #expect(slots.stop(of: old) == .lost)
        #expect(slots.stop(of: new) == nil)
        #expect(slots.lose([old], kept: []).isEmpty)
    }

    @Test("a job that is stopped before its handler begins is stopped when it does") func lostEarly() {
        var slots = RunnerSlots(capacity: 1)
        let job = Self.job(fence: 1)
        slots.take(job)
        #expect(slots.stopAll().isEmpty)
        #expect(slots.isStopping)
        #expect(slots.begin(job) {})
    }

    @Test("a claim asks for what is free, of a capped kind for what it may still take") func demand() {
        let (capped, free) = (JobKind("exam.work"), JobKind("exam.other"))
        var slots = RunnerSlots(capacity: 5, caps: [capped: 2])
        #expect(slots.demand(for: [capped, free], batch: 4)?.atMost == [capped: 2])
        #expect(slots.demand(for: [capped, free], batch: 4)?.limit == 4)
        #expect(slots.demand(for: [capped, free], batch: 1)?.atMost == [capped: 1])
        let jobs = (1...2).map { Self.job(fence: Int64($0)) }
        for job in jobs { slots.take(job) }
        slots.take(jobs[0])
        #expect(slots.demand(for: [capped, free], batch: 9) == .init(kinds: [free], atMost: [:], limit: 3))
        #expect(slots.demand(for: [capped], batch: 9) == nil)
        for _ in 1...2 { slots.finish(jobs[0]) }
        #expect(slots.demand(for: [capped, free], batch: 9)?.atMost == [capped: 1])
    }

    @Test("a cap lets one job run at the least") func leastCap() {
        let slots = RunnerSlots(capacity: 5, caps: [JobKind("exam.work"): 0])
        #expect(slots.demand(for: [JobKind("exam.work")], batch: 9)?.atMost == [JobKind("exam.work"): 1])
    }

    @Test("what the handler said and why it was stopped decide what is written") func settlement() {
        struct Broken: Error {}
        let job = Self.job(fence: 1)
        let error = Result<JobVerdict, any Error>.failure(Broken())
        #expect(Settlement(.success(.complete), stop: nil) == .complete)
        #expect(Settlement(.success(.complete), stop: .shutdown) == .complete)
        #expect(Settlement(.success(.complete), stop: .lost) == .dropped)
        #expect(Settlement(.success(.settled), stop: .lost) == .settled)
        #expect(Settlement(error, stop: nil) == .retry(reason: "Broken()"))
        #expect(Settlement(error, stop: .shutdown) == .handBack)
        #expect(Settlement(error, stop: .lost) == .dropped)
        #expect(Settlement(.failure(JobQueueError.leaseLost(job.id)), stop: nil) == .dropped)
    }

    static let id = Surroundings.system.newID(QueuedJobKind.self)

    static func job(fence: Int64) -> ClaimedJob {
        let moment = Timestamp(seconds: 0)
        return ClaimedJob(
            id: id, kind: JobKind("exam.work"), tenant: nil, payload: "{}", attempt: 1, maximumAttempts: 3,
            fence: fence,
            createdAt: moment, readyAt: moment)
    }
}

@Suite("The doorbell")
struct DoorbellTests {
    @Test("a ring before the wait is kept, and one during it ends it") func ring() async {
        let bell = Doorbell()
        bell.ring()
        bell.ring()
        await bell.wait(atMost: .seconds(600))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await bell.wait(atMost: .seconds(600)) }
            group.addTask { bell.ring() }
        }
    }

    @Test("a wait ends after its limit") func limit() async { await Doorbell().wait(atMost: .milliseconds(5)) }

    @Test("a wait ends when its task is cancelled") func cancellation() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Doorbell().wait(atMost: .seconds(600)) }
            group.cancelAll()
        }
    }
}
