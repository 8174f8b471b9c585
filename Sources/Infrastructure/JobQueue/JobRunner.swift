import Database
package import Logging
import ServiceLifecycle
import Synchronization
package import Vocabulary

/// Works the queue in one process: claims jobs of the kinds that it has handlers for, runs them, settles them, renews
/// their leases, and does its part of the upkeep.
///
/// It looks for jobs when a transaction that queued one commits, when the next sleeping one is due, when a worker
/// becomes free, and in any case after the backstop. When told to stop it claims no more, lets handlers finish for the
/// grace period, then cancels them and hands their jobs back. A handler that doesn't heed the cancellation keeps its
/// job, and the runner waits for it.
package final class JobRunner: Service {
    /// The name under which this process holds leases.
    package let worker: String

    let queue: JobQueue
    let recurring: [RecurringJob]
    let logger: Logger
    let slots: Mutex<RunnerSlots>
    let doorbell = Doorbell()
    let troubles = Mutex<Set<String>>([])
    let kinds: [JobKind]
    private let handlers: [JobKind: JobHandler]
    private let metrics: JobMetrics
    private let looked = Mutex<Timestamp?>(nil)

    /// - Parameters:
    ///   - recurring: at most one for each kind.
    ///   - caps: how many jobs of a kind run here at once, for kinds that may not take every worker. What is over
    ///     stays ready in the queue, for other processes too, and takes nothing from the other kinds.
    package init(
        queue: JobQueue, handlers: [JobKind: JobHandler], recurring: [RecurringJob] = [], caps: [JobKind: Int] = [:],
        logger: Logger
    ) {
        self.queue = queue
        self.handlers = handlers
        self.recurring = recurring
        self.logger = logger
        kinds = handlers.keys.sorted { $0.rawValue < $1.rawValue }
        metrics = JobMetrics(kinds: kinds)
        slots = Mutex(RunnerSlots(capacity: queue.limits.workers, caps: caps))
        worker = "worker-\(queue.surroundings.randomBytes(6).hex)"
    }

    /// When it last looked at the queue, or renewed the leases while every worker was busy; nil before the first time.
    /// A runner whose moment is long past has lost its database, or hangs.
    package var lastLookedAt: Timestamp? { looked.withLock { $0 } }

    /// How many jobs run in this process.
    package var running: Int { slots.withLock { $0.count } }

    package func run() async throws {
        let wakeUps = queue.database.notifications(on: JobQueue.channel)
        let cancellations = queue.database.notifications(on: JobQueue.cancellations)
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { loops in
                    loops.addTask { for await _ in wakeUps { self.doorbell.ring() } }
                    loops.addTask { for await _ in cancellations { await self.beat() } }
                    loops.addTask { await self.repeatedly(every: self.queue.limits.heartbeat) { await self.beat() } }
                    loops.addTask {
                        await self.repeatedly(every: self.queue.limits.rescueEvery) { await self.rescue() }
                    }
                    loops.addTask {
                        await self.repeatedly(every: self.queue.limits.retentionEvery) { await self.deleteFinished() }
                    }
                    loops.addTask { await self.enqueueRecurring() }
                    await serve()
                    loops.cancelAll()
                }
            } onCancel: {
                stopHandlers()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Begins the graceful stop; `run()` returns when it is through. Also done when the service group stops.
    package func stop() {
        slots.withLock { $0.beginStopping() }
        doorbell.ring()
    }

    func stopHandlers() {
        for cancel in slots.withLock({ $0.stopAll() }) { cancel() }
        doorbell.ring()
    }

    func noteLooked() { looked.withLock { $0 = queue.surroundings.now() } }

    // MARK: Claiming

    private func serve() async {
        await withDiscardingTaskGroup { group in
            var failures = 0
            while !Task.isCancelled, !slots.withLock({ $0.isStopping }) {
                guard let demand = nextDemand(batch: queue.limits.claimBatch) else {
                    await doorbell.wait(atMost: queue.limits.pollBackstop)
                    // Those that share a commit finish together: their places are filled by one claim.
                    await Task.yield()
                    continue
                }
                guard let claim = await attempt("claim", { try await self.claim(demand) }) else {
                    failures += 1
                    let backoff = Backoff(first: .milliseconds(100), most: .seconds(2))
                    let fraction = queue.surroundings.randomFraction()
                    try? await Task.sleep(for: backoff.delay(afterAttempt: failures, fraction: fraction))
                    continue
                }
                failures = 0
                for job in claim.jobs { group.addTask { await self.perform(job) } }
                if claim.jobs.count < demand.limit { await doorbell.wait(atMost: pause(before: claim.nextDue)) }
            }
            await drain()
        }
    }

    /// What a claim may bring now; nil when no further job may run.
    func nextDemand(batch: Int) -> RunnerSlots.Demand? { slots.withLock { $0.demand(for: kinds, batch: batch) } }

    private func claim(_ demand: RunnerSlots.Demand) async throws -> JobClaim {
        let claim = try await queue.claim(
            kinds: demand.kinds, limit: demand.limit, atMost: demand.atMost, worker: worker)
        noteLooked()
        let count = slots.withLock { slots in
            for job in claim.jobs { slots.take(job) }
            return slots.count
        }
        metrics.running(count)
        return claim
    }

    private func pause(before nextDue: Timestamp?) -> Duration {
        guard let nextDue else { return queue.limits.pollBackstop }
        // Never none: what is due may be in the hands of another process that is just waking it.
        return min(max(nextDue - queue.surroundings.now(), .milliseconds(2)), queue.limits.pollBackstop)
    }

    /// Waits until every handler is through; after the grace period, cancels them.
    private func drain() async {
        let count = running
        if count > 0 { logger.info("waiting for running jobs", metadata: ["jobs": "\(count)"]) }
        await withDiscardingTaskGroup { group in
            group.addTask {
                do { try await Task.sleep(for: self.queue.limits.grace) } catch { return }
                self.stopHandlers()
            }
            while running > 0, !Task.isCancelled { await doorbell.wait(atMost: queue.limits.pollBackstop) }
            group.cancelAll()
        }
    }

    // MARK: Running

    private func perform(_ job: ClaimedJob) async {
        let began = queue.surroundings.now()
        metrics.started(job.kind, waited: began - job.readyAt)
        let result = await runHandler(of: job)
        let stop = slots.withLock { $0.stop(of: job) }
        let outcome = await settle(job, Settlement(result, stop: stop))
        let count = slots.withLock { slots in
            slots.finish(job)
            return slots.count
        }
        metrics.running(count)
        metrics.finished(job.kind, outcome: outcome, after: queue.surroundings.now() - began)
        doorbell.ring()
    }

    private func runHandler(of job: ClaimedJob) async -> Result<JobVerdict, any Error> {
        guard let handler = handlers[job.kind] else {
            return .success(.retry(reason: "no handler for \(job.kind.rawValue)"))
        }
        // tidy: allow task — a handle is the only way to cancel one job of a group; its owner awaits it right here.
        let task = Task { try await handler(job) }
        if slots.withLock({ $0.begin(job) { task.cancel() } }) { task.cancel() }
        return await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
    }

    /// Writes what came of a job, trying again while the database can't.
    /// - Returns: the outcome for the metrics.
    private func settle(_ job: ClaimedJob, _ settlement: Settlement) async -> String {
        var log = logger
        log[metadataKey: "job"] = "\(job.id)"
        log[metadataKey: "kind"] = "\(job.kind.rawValue)"
        log[metadataKey: "tenant"] = job.tenant.map { "\($0)" }
        switch settlement {
        case .retry(let reason): log.warning("job failed, will be tried again", metadata: details(job, reason))
        case .fail(let reason): log.error("job failed for good", metadata: details(job, reason))
        case .dropped: log.info("job lost to someone else", metadata: ["attempt": "\(job.attempt)"])
        default: break
        }
        let backoff = Backoff(first: .milliseconds(50), most: .seconds(1))
        for attempt in 1...10 {
            do {
                try await queue.carryOut(settlement, of: job)
                return settlement.outcome
            } catch JobQueueError.leaseLost {
                log.info("job lost to someone else", metadata: ["attempt": "\(job.attempt)"])
                return Settlement.dropped.outcome
            } catch let error as DatabaseError where error.isRetryable {
                let fraction = queue.surroundings.randomFraction()
                try? await Task.sleep(for: backoff.delay(afterAttempt: attempt, fraction: fraction))
            } catch {
                log.error("job can't be settled; its lease will expire", metadata: ["error": "\(error)"])
                return Settlement.dropped.outcome
            }
        }
        log.error("job can't be settled: the database doesn't answer; its lease will expire")
        return Settlement.dropped.outcome
    }

    private func details(_ job: ClaimedJob, _ reason: String) -> Logger.Metadata {
        ["attempt": "\(job.attempt)/\(job.maximumAttempts)", "reason": "\(JobQueue.clip(reason))"]
    }
}
