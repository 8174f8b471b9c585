import Synchronization
import Vocabulary

/// Which deliveries may run at once in this process: so many to an address, so many of a tenant. Slow receivers hold
/// neither all workers nor those of other tenants.
final class DeliveryGate: Sendable {
    private let lanes: Mutex<DeliveryLanes>

    init(limits: DeliveryLanes.Limits) { lanes = Mutex(DeliveryLanes(limits: limits)) }

    /// After `.entered`, `leave` is due.
    /// - Parameter fraction: 0 to 1, which spreads the waits of those who are far down the line.
    func enter(_ tenant: TenantID, _ address: String, at now: Timestamp, fraction: Double) -> DeliveryLanes.Entry {
        lanes.withLock { $0.enter(tenant, address, at: now, fraction: fraction) }
    }

    func leave(_ pass: DeliveryLanes.Pass, at now: Timestamp) { lanes.withLock { $0.leave(pass, at: now) } }
}

/// The rules of the gate, without time of its own.
///
/// A delivery that finds no place gets an appointment: the moment at which its turn comes if the calls go on taking as
/// long as they lately took. So what waits comes back at the rate at which the receiver takes it, however long the
/// line is, and doesn't go round and round through the queue.
struct DeliveryLanes {
    struct Limits: Sendable {
        var perAddress: Int
        var perTenant: Int
        /// The farthest appointment.
        var longestWait: Duration
    }

    /// The right to run; given back to `leave`.
    struct Pass: Sendable, Hashable {
        fileprivate var tenant: TenantID
        fileprivate var address: String
        fileprivate var since: Timestamp
    }

    enum Entry: Sendable, Hashable {
        case entered(Pass)
        case refused(until: Timestamp)
    }

    private enum Name: Hashable {
        case tenant(TenantID)
        case address(String)
    }

    private struct Lane {
        var running = 0
        /// How long a call takes, the latest weighing most.
        var pace: Duration?
        /// The last appointment given to each tenant: one's long line doesn't put off another's.
        var lines: [TenantID: Timestamp] = [:]
    }

    /// How long a call is taken to last before one has ended.
    static let presumedPace: Duration = .seconds(1)
    /// Nobody comes back sooner.
    static let shortestWait: Duration = .milliseconds(20)
    /// Idle lanes are forgotten when there are more.
    static let rememberedLanes = 1000

    private let limits: Limits
    private var lanes: [Name: Lane] = [:]

    init(limits: Limits) { self.limits = limits }

    var count: Int { lanes.count }

    mutating func enter(_ tenant: TenantID, _ address: String, at now: Timestamp, fraction: Double) -> Entry {
        let names: [Name] = [.tenant(tenant), .address(address)]
        if let full = names.first(where: { (lanes[$0]?.running ?? 0) >= limit(of: $0) }) {
            return .refused(until: appointment(at: full, tenant, now, fraction))
        }
        for name in names { lanes[name, default: Lane()].running += 1 }
        return .entered(Pass(tenant: tenant, address: address, since: now))
    }

    mutating func leave(_ pass: Pass, at now: Timestamp) {
        let length = max(now - pass.since, .zero)
        for name in [Name.tenant(pass.tenant), .address(pass.address)] {
            guard var lane = lanes[name] else { continue }
            lane.running -= 1
            lane.pace = lane.pace.map { ($0 + length) / 2 } ?? length
            lanes[name] = lane
        }
        if lanes.count > Self.rememberedLanes { lanes = lanes.filter { $0.value.running > 0 } }
    }

    private func limit(of name: Name) -> Int {
        switch name {
        case .tenant: limits.perTenant
        case .address: limits.perAddress
        }
    }

    private mutating func appointment(
        at name: Name, _ tenant: TenantID, _ now: Timestamp, _ fraction: Double
    ) -> Timestamp {
        var lane = lanes[name] ?? Lane()
        defer { lanes[name] = lane }
        let step = (lane.pace ?? Self.presumedPace) / limit(of: name)
        let moment = max(lane.lines[tenant] ?? now, now) + step
        let farthest = now + limits.longestWait
        lane.lines[tenant] = min(moment, farthest)
        guard moment > farthest else { return max(moment, now + Self.shortestWait) }
        return now + limits.longestWait * (0.5 + 0.5 * fraction)
    }
}
