import Logging
import Metrics
import Synchronization

/// Counts the answers of one route. The labels are the route's pattern, its method and the status: a bounded set.
final class RouteMetrics: Sendable {
    private let route: String
    private let method: String
    private let timer: Timer
    private let counters = Mutex<[Int: Counter]>([:])

    init(route: String, method: String) {
        self.route = route
        self.method = method
        timer = Timer(label: "atelier_http_request_seconds", dimensions: [("route", route), ("method", method)])
    }

    func record(status: Int, took: Duration) {
        let counter = counters.withLock { counters in
            if let counter = counters[status] { return counter }
            let counter = Counter(
                label: "atelier_http_requests_total",
                dimensions: [("route", route), ("method", method), ("status", String(status))])
            counters[status] = counter
            return counter
        }
        counter.increment()
        timer.recordNanoseconds(took.components.seconds * 1_000_000_000 + took.components.attoseconds / 1_000_000_000)
    }
}
