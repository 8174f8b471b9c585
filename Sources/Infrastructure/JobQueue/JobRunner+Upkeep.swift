import Database
import Logging
import Synchronization
import Vocabulary

/// The loops beside the claiming. None ends because of the database: it says so once, and goes on.
extension JobRunner {
    /// Renews the leases of all that runs, and stops what is no longer held.
    func beat() async {
        let held = slots.withLock { $0.jobs }
        guard !held.isEmpty else { return }
        guard let kept = await attempt("heartbeat", { try await self.queue.renewLeases(held, worker: self.worker) })
        else { return }
        let lost = slots.withLock { $0.lose(held, kept: kept) }
        for cancel in lost { cancel() }
        // Then no claim is made that would.
        if nextDemand(batch: 1) == nil { noteLooked() }
    }

    func rescue() async {
        let batch = queue.limits.retentionBatch
        while let count = await attempt("rescue", { try await self.queue.rescueExpired() }), count > 0 {
            logger.warning("jobs rescued from workers that went silent", metadata: ["jobs": "\(count)"])
            if count < batch { break }
        }
    }

    func deleteFinished() async {
        while let count = await attempt("retention", { try await self.queue.deleteFinished() }),
            count == queue.limits.retentionBatch, !Task.isCancelled
        {
            // The writers that waited meanwhile come first.
            await Task.yield()
        }
    }

    func enqueueRecurring() async {
        guard let shortest = recurring.map(\.every).min() else { return }
        var done: [JobKind: Int64] = [:]
        // Looks at the clock each second at the least, since it may be set.
        await repeatedly(every: min(shortest, .seconds(1)), atOnce: true) {
            for job in self.recurring where !self.slots.withLock({ $0.isStopping }) {
                let slot = job.slot(at: self.queue.surroundings.now())
                guard done[job.kind] != slot else { continue }
                if await self.attempt("recurring", { try await self.queue.enqueueSlot(of: job) }) != nil {
                    done[job.kind] = slot
                }
            }
        }
    }

    /// Runs `body` in intervals until the task is cancelled.
    func repeatedly(every interval: Duration, atOnce: Bool = false, _ body: () async -> Void) async {
        if atOnce { await body() }
        while !Task.isCancelled {
            do { try await Task.sleep(for: interval) } catch { return }
            await body()
        }
    }

    /// Runs `body`; a failure is logged the first time, and so is the success that ends it.
    /// - Returns: nil when it failed.
    func attempt<Value: Sendable>(_ what: String, _ body: () async throws -> Value) async -> Value? {
        do {
            let value = try await body()
            if troubles.withLock({ $0.remove(what) }) != nil { logger.info("queue: \(what) works again") }
            return value
        } catch is CancellationError {
            return nil
        } catch {
            if troubles.withLock({ $0.insert(what).inserted }) {
                logger.error("queue: \(what) fails, will go on trying", metadata: ["error": "\(error)"])
            }
            return nil
        }
    }
}
