import Metrics

/// The counters of outgoing calls, by who named the address and by outcome: a fixed set, made once.
struct EgressMeters: Sendable {
    private let calls: [EgressTrust: [String: Counter]]
    private let times: [EgressTrust: Timer]

    private static let outcomes =
        ["1xx", "2xx", "3xx", "4xx", "5xx", "cancelled"]
        + EgressError.Code.allCases.map(\.rawValue)

    init() {
        var calls: [EgressTrust: [String: Counter]] = [:]
        var times: [EgressTrust: Timer] = [:]
        for (trust, name) in [(EgressTrust.configured, "configured"), (.foreign, "foreign")] {
            for outcome in Self.outcomes {
                calls[trust, default: [:]][outcome] = Counter(
                    label: "atelier_egress_calls_total", dimensions: [("hosts", name), ("outcome", outcome)])
            }
            times[trust] = Timer(label: "atelier_egress_first_byte_seconds", dimensions: [("hosts", name)])
        }
        self.calls = calls
        self.times = times
    }

    func answered(_ status: Int, _ trust: EgressTrust, after nanoseconds: Int64) {
        calls[trust]?["\(min(max(status / 100, 1), 5))xx"]?.increment()
        times[trust]?.recordNanoseconds(nanoseconds)
    }

    func failed(_ code: EgressError.Code, _ trust: EgressTrust) { calls[trust]?[code.rawValue]?.increment() }

    func cancelled(_ trust: EgressTrust) { calls[trust]?["cancelled"]?.increment() }
}
