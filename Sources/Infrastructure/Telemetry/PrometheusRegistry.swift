package import Metrics
import Synchronization

/// The metrics of the process, rendered for Prometheus. A `MetricsFactory`: `Counter`, `Gauge`, `Recorder` and `Timer`
/// made anywhere come here.
///
/// Names are those given, with what Prometheus doesn't allow replaced by underscores; counters end in `_total`, timers
/// are histograms in seconds and end in `_seconds`, recorders are histograms, gauges and meters are gauges. A metric
/// has at most `seriesLimit` label combinations: what is made beyond them counts nothing, and is counted in
/// `metrics_dropped_series_total`.
package final class PrometheusRegistry: MetricsFactory {
    private struct State {
        /// By what the caller gave, so that a metric made again for every request is found with one look.
        var known: [SeriesName: any PrometheusSeries] = [:]
        var families: [String: Family] = [:]
        var dropped: [String: Int] = [:]
    }

    private struct Family {
        var kind: PrometheusKind
        /// By the text of their labels.
        var series: [String: any PrometheusSeries] = [:]
    }

    private let state = Mutex(State())
    private let seriesLimit: Int
    private let includesProcess: Bool

    /// - Parameters:
    ///   - seriesLimit: how many label combinations a metric may have.
    ///   - includesProcess: whether memory, CPU time, open files and start time of the process are rendered too.
    package init(seriesLimit: Int = TelemetryLimits().metricSeries, includesProcess: Bool = true) {
        self.seriesLimit = seriesLimit
        self.includesProcess = includesProcess
    }

    /// Everything in the text format of Prometheus, version 0.0.4, in a stable order. Its content type is
    /// `text/plain; version=0.0.4; charset=utf-8`.
    package func render() -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (_, series) in family.series.sorted(by: { $0.key < $1.key }) { series.render(name, into: &text) }
        }
        if !dropped.isEmpty {
            text += "# TYPE metrics_dropped_series_total counter\n"
            for (name, count) in dropped.sorted(by: { $0.key < $1.key }) {
                text += "metrics_dropped_series_total{metric=\"\(name)\"} \(count)\n"
            }
        }
        return includesProcess ? text + ProcessMetrics.read().text : text
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter, suffix: "_total", PrometheusCounter.init)
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter, suffix: "_total", PrometheusFloatCounter.init)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge, suffix: "", PrometheusGauge.init)
    }

    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return series(label, dimensions, .gauge, suffix: "", PrometheusGauge.init) }
        return series(label, dimensions, .histogram, suffix: "") {
            PrometheusHistogram(labels: $0, bounds: PrometheusHistogram.valueBounds)
        }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram, suffix: "_seconds") {
            PrometheusHistogram(labels: $0, bounds: PrometheusHistogram.timeBounds)
        }
    }

    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

extension PrometheusRegistry {
    /// The series of that name, made when it is new. What can't be had is a series that nobody renders.
    private func series<Series: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: PrometheusKind, suffix: String,
        _ make: (_ labels: String) -> Series
    ) -> Series {
        let given = SeriesName(
            label: label, dimensions: dimensions, kind: ObjectIdentifier(Series.self), suffix: suffix)
        return state.withLock { state in
            if let found = state.known[given] as? Series { return found }
            let plain = PrometheusText.name(label)
            let name = plain.hasSuffix(suffix) ? plain : plain + suffix
            let labels = PrometheusText.labels(dimensions)
            var family = state.families[name] ?? Family(kind: kind)
            if family.kind == kind, let found = family.series[labels] as? Series {
                state.known[given] = found
                return found
            }
            let made = make(labels)
            // Another kind under the same name, or one too many.
            guard family.kind == kind, family.series[labels] == nil, family.series.count < seriesLimit else {
                state.dropped[name, default: 0] += 1
                return made
            }
            family.series[labels] = made
            state.families[name] = family
            state.known[given] = made
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            state.known = state.known.filter { $0.value !== handler }
            for (name, var family) in state.families {
                family.series = family.series.filter { $0.value !== handler }
                state.families[name] = family.series.isEmpty ? nil : family
            }
        }
    }
}

/// A metric as its maker named it.
private struct SeriesName: Hashable {
    var label: String
    var dimensions: [(String, String)]
    var kind: ObjectIdentifier
    var suffix: String

    static func == (left: SeriesName, right: SeriesName) -> Bool {
        left.label == right.label && left.kind == right.kind && left.suffix == right.suffix
            && left.dimensions.elementsEqual(right.dimensions, by: ==)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(label)
        for (name, value) in dimensions {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}
