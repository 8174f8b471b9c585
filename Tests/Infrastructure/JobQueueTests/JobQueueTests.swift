import JobQueue
import JobQueueExam
import TestKit
import Testing

@Suite("The job queue on SQLite")
struct JobQueueTests {
    let exam = JobQueueExam { try await TestDatabase.sqlite(migrations: JobQueue.migrations) }

    @Test("a job is there when its transaction is") func enqueue() async throws {
        try await exam.runEnqueueWithTransaction()
    }

    @Test("a tenant's transaction reaches that tenant's jobs only") func tenants() async throws {
        try await exam.runEnqueueKeepsTenantsApart()
    }

    @Test("a unique key is taken once while its job lives") func uniqueKey() async throws {
        try await exam.runUniqueKey()
    }

    @Test("a lower priority number is served first") func priorities() async throws { try await exam.runPriorities() }

    @Test("a job isn't run before its moment") func runAt() async throws { try await exam.runNotBeforeItsMoment() }

    @Test("a payload over the limit is refused") func payloadLimit() async throws { try await exam.runPayloadLimit() }

    @Test("one claim wakes a batch of sleeping jobs at most") func promoteBatch() async throws {
        try await exam.runPromoteBatch()
    }

    @Test("a snoozed job sleeps until its moment or a wake") func snooze() async throws {
        try await exam.runSnoozeAndWake()
    }

    @Test("a failed try waits, and the last is final") func retry() async throws { try await exam.runRetryThenFailed() }

    @Test("a job is cancelled before it runs or while it does") func cancel() async throws {
        try await exam.runCancel()
    }

    @Test("a holder that lost its lease can't settle") func fencing() async throws { try await exam.runFencing() }

    @Test("operators count, list, show and queue again") func operators() async throws { try await exam.runOperator() }

    @Test("10,000 jobs of one tenant don't delay another's 10") func fairness() async throws {
        try await exam.runFairness()
    }

    @Test("jobs that come back are served fairly") func resumed() async throws {
        try await exam.runFairnessOfResumedJobs()
    }

    @Test("priorities have clocks of their own") func clocks() async throws {
        try await exam.runFairnessWithinPriority()
    }

    @Test("turns follow the weights") func weights() async throws { try await exam.runWeights() }

    @Test("a claim takes only the kinds that it names") func kinds() async throws { try await exam.runKinds() }

    @Test("an expired lease is rescued") func rescue() async throws { try await exam.runRescue() }

    @Test("finished rows go after the retention, in batches") func retention() async throws {
        try await exam.runRetention()
    }

    @Test("shares that lie in the past are forgotten") func shares() async throws {
        try await exam.runSharesAreForgotten()
    }

    @Test("a long reason is clipped") func reason() async throws { try await exam.runReasonLimit() }

    @Test("another room's query tells what has a live job") func liveJobs() async throws {
        try await exam.runHasLiveJob()
    }

    @Test("a recurring job is queued once in a slot") func recurring() async throws {
        try await exam.runRecurringSlots()
    }
}

@Suite("The job runner on SQLite")
struct JobRunnerTests {
    let exam = JobQueueExam { try await TestDatabase.sqlite(migrations: JobQueue.migrations) }

    @Test("two runners never run a job twice") func twoRunners() async throws {
        try await exam.runTwoRunnersNeverTwice()
    }

    @Test("two runners run a recurring job once in a slot") func recurring() async throws {
        try await exam.runRecurringWithTwoRunners()
    }

    @Test("no more jobs run than there are workers") func workers() async throws { try await exam.runWorkersLimit() }

    @Test("a kind takes no more workers than it may, and others have the rest") func kindCap() async throws {
        try await exam.runKindCap()
    }

    @Test("what a process may not take another one does") func kindCapLeaves() async throws {
        try await exam.runKindCapLeavesToOthers()
    }

    @Test("a handler that ends after its lease was lost changes nothing") func lateEnd() async throws {
        try await exam.runLateEndAfterLostLease()
    }

    @Test("a stop waits for a handler that doesn't heed its cancellation", arguments: [false, true])
    func stubborn(graceIsOver: Bool) async throws {
        try await exam.runStopWaitsForStubborn(graceIsOver: graceIsOver)
    }

    @Test("a claim takes a batch at most") func claimBatch() async throws { try await exam.runClaimBatch() }

    @Test("a job is taken at once, long before the backstop") func wakeUp() async throws { try await exam.runWakeUp() }

    @Test("the backstop finds what no notification told of") func backstop() async throws {
        try await exam.runBackstop()
    }

    @Test("verdicts and errors become states") func verdicts() async throws { try await exam.runVerdicts() }

    @Test("cancelling a job cancels its handler") func cancel() async throws { try await exam.runCancelWhileRunning() }

    @Test("the heartbeat keeps leases and notices lost ones") func heartbeat() async throws {
        try await exam.runHeartbeat()
    }

    @Test("the jobs of a dead worker are taken up") func rescue() async throws { try await exam.runRescueByRunner() }

    @Test("the runner deletes old rows") func retention() async throws { try await exam.runRetentionByRunner() }

    @Test("a graceful stop lets handlers finish") func stopLetsFinish() async throws {
        try await exam.runStopLetsFinish()
    }

    @Test("after the grace period jobs are handed back") func stopHandsBack() async throws {
        try await exam.runStopHandsBack()
    }
}
