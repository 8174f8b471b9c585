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

    let capacity: Int
    private var slots: [HeldJob: Slot] = [:]
    private(set) var isStopping = false

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { slots.count }
    var free: Int { max(capacity - slots.count, 0) }
    var jobs: [ClaimedJob] { slots.values.map(\.job) }

    mutating func take(_ job: ClaimedJob) { slots[job.holding] = Slot(job: job) }

    /// The handler runs, and `cancel` stops it.
    /// - Returns: whether it must be stopped at once.
    mutating func begin(_ job: ClaimedJob, cancel: @escaping Cancel) -> Bool {
        slots[job.holding]?.cancel = cancel
        return slots[job.holding]?.stop != nil
    }

    /// Why the job was stopped; nil when it wasn't.
    func stop(of job: ClaimedJob) -> Stop? { slots[job.holding]?.stop }

    mutating func finish(_ job: ClaimedJob) { slots[job.holding] = nil }

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
