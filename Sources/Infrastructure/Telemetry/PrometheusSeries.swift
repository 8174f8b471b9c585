import Metrics
import Synchronization

enum PrometheusKind: String {
    case counter, gauge, histogram
}

/// One label combination of a metric.
protocol PrometheusSeries: AnyObject, Sendable {
    func render(_ name: String, into text: inout String)
}

final class PrometheusCounter: CounterHandler, PrometheusSeries {
    private let labels: String
    private let value = Atomic<Int64>(0)

    init(labels: String) { self.labels = labels }

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func render(_ name: String, into text: inout String) {
        PrometheusText.sample(name, labels, "\(value.load(ordering: .relaxed))", into: &text)
    }
}

final class PrometheusFloatCounter: FloatingPointCounterHandler, PrometheusSeries {
    private let labels: String
    private let value = Mutex(0.0)

    init(labels: String) { self.labels = labels }

    /// A counter doesn't go down.
    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func render(_ name: String, into text: inout String) {
        PrometheusText.sample(name, labels, PrometheusText.number(value.withLock { $0 }), into: &text)
    }
}

final class PrometheusGauge: MeterHandler, RecorderHandler, PrometheusSeries {
    private let labels: String
    private let value = Mutex(0.0)

    init(labels: String) { self.labels = labels }

    func set(_ new: Int64) { value.withLock { $0 = Double(new) } }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ new: Int64) { set(new) }
    func record(_ new: Double) { set(new) }

    func render(_ name: String, into text: inout String) {
        PrometheusText.sample(name, labels, PrometheusText.number(value.withLock { $0 }), into: &text)
    }
}

/// Counts values by size; of a timer, in seconds.
final class PrometheusHistogram: RecorderHandler, TimerHandler, PrometheusSeries {
    /// From a database look-up to half an hour, the longest a film may take.
    static let timeBounds: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1_800,
    ]
    /// From one to a gigabyte.
    static let valueBounds: [Double] = [
        1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
        1_000_000_000,
    ]

    private struct Counts {
        /// The last is for what is over every bound.
        var buckets: [UInt64]
        var sum = 0.0
    }

    private let labels: String
    private let bounds: [Double]
    private let counts: Mutex<Counts>

    init(labels: String, bounds: [Double]) {
        self.labels = labels
        self.bounds = bounds
        counts = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts.withLock { counts in
            counts.buckets[bucket] += 1
            counts.sum += value
        }
    }

    func render(_ name: String, into text: inout String) {
        let (buckets, sum) = counts.withLock { ($0.buckets, $0.sum) }
        let separator = labels.isEmpty ? "" : ","
        var total: UInt64 = 0
        for (index, count) in buckets.enumerated() {
            total += count
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            PrometheusText.sample("\(name)_bucket", "\(labels)\(separator)le=\"\(bound)\"", "\(total)", into: &text)
        }
        PrometheusText.sample("\(name)_sum", labels, PrometheusText.number(sum), into: &text)
        PrometheusText.sample("\(name)_count", labels, "\(total)", into: &text)
    }
}
