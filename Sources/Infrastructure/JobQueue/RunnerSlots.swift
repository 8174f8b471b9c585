/// Which jobs a runner holds, and which of them must stop: a value without tasks or time.
struct RunnerSlots {
    /// Why a handler is cancelled.
    enum Stop: Sendable {
        /// The lease is lost: rescued, or cancelled by someone.
        case lost
        /// The process stops.
        case shutdown
    }

    typealias Cancel = @Sendable () -> Void

    private struct Slot {
        var job: ClaimedJob
        var cancel: Cancel?
        var stop: Stop?
    }

    /// What the next claim may bring.
    struct Demand: Equatable {
        /// Those of which one may still run.
        var kinds: [JobKind]
        /// How many of a kind, where that is limited.
        var atMost: [JobKind: Int]
        /// How many in all.
        var limit: Int
    }

    let capacity: Int
    private let caps: [JobKind: Int]
    private var slots: [HeldJob: Slot] = [:]
    private var counts: [JobKind: Int] = [:]
    private(set) var isStopping = false

    /// - Parameter caps: how many of a kind may run at once, for those kinds that may not take every slot.
    init(capacity: Int, caps: [JobKind: Int] = [:]) {
        self.capacity = capacity
        self.caps = caps.mapValues { max($0, 1) }
    }

    var count: Int { slots.count }
    var free: Int { max(capacity - slots.count, 0) }
    var jobs: [ClaimedJob] { slots.values.map(\.job) }

    /// - Returns: nil when no further job may run.
    func demand(for kinds: [JobKind], batch: Int) -> Demand? {
        let limit = min(free, batch)
        let atMost = caps.reduce(into: [JobKind: Int]()) { rooms, cap in
            rooms[cap.key] = min(max(cap.value - counts[cap.key, default: 0], 0), limit)
        }
        let open = kinds.filter { atMost[$0] != 0 }
        guard limit > 0, !open.isEmpty || kinds.isEmpty else { return nil }
        return Demand(kinds: open, atMost: atMost.filter { $0.value > 0 }, limit: limit)
    }

    mutating func take(_ job: ClaimedJob) {
        if slots.updateValue(Slot(job: job), forKey: job.holding) == nil { counts[job.kind, default: 0] += 1 }
    }

    /// The handler runs, and `cancel` stops it.
    /// - Returns: whether it must be stopped at once.
    mutating func begin(_ job: ClaimedJob, cancel: @escaping Cancel) -> Bool {
        slots[job.holding]?.cancel = cancel
        return slots[job.holding]?.stop != nil
    }

    /// Why the job was stopped; nil when it wasn't.
    func stop(of job: ClaimedJob) -> Stop? { slots[job.holding]?.stop }

    mutating func finish(_ job: ClaimedJob) {
        if slots.removeValue(forKey: job.holding) != nil { counts[job.kind, default: 1] -= 1 }
    }

    /// A heartbeat asked for the leases of `asked`, and got those of `kept`.
    /// - Returns: what stops the handlers of the others.
    mutating func lose(_ asked: [ClaimedJob], kept: Set<HeldJob>) -> [Cancel] {
        asked.map(\.holding).filter { !kept.contains($0) }.compactMap { stop($0, .lost) }
    }

    /// No further jobs are taken.
    mutating func beginStopping() { isStopping = true }

    /// The time for finishing is over.
    /// - Returns: what stops the handlers.
    mutating func stopAll() -> [Cancel] {
        isStopping = true
        return Array(slots.keys).compactMap { stop($0, .shutdown) }
    }

    private mutating func stop(_ holding: HeldJob, _ reason: Stop) -> Cancel? {
        guard let slot = slots[holding], slot.stop == nil else { return nil }
        slots[holding]?.stop = reason
        return slot.cancel
    }
}
