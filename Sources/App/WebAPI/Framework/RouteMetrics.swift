import Logging
import Metrics
import Synchronization

/// Counts the answers of one route. The labels are the route's pattern, its method and the status: a bounded set.
/// Made when there is something to count: most routes of most processes are never called.
final class RouteMetrics: Sendable {
    private struct Meters {
        var timer: Timer?
        var counters: [Int: Counter] = [:]
    }

    private let route: String
    private let method: String
    private let meters = Mutex(Meters())

    init(route: String, method: String) {
        self.route = route
        self.method = method
    }

    func record(status: Int, took: Duration) {
        let (timer, counter) = meters.withLock { meters in
            let timer = meters.timer ?? Timer(label: "atelier_http_request_seconds", dimensions: dimensions)
            meters.timer = timer
            let counter =
                meters.counters[status]
                ?? Counter(
                    label: "atelier_http_requests_total", dimensions: dimensions + [("status", String(status))])
            meters.counters[status] = counter
            return (timer, counter)
        }
        counter.increment()
        timer.recordNanoseconds(took.components.seconds * 1_000_000_000 + took.components.attoseconds / 1_000_000_000)
    }

    private var dimensions: [(String, String)] { [("route", route), ("method", method)] }
}
