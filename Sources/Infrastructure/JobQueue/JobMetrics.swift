import Metrics
import Vocabulary

/// What the runner counts, made once: a lookup in the metrics system for each job would cost more than the counting.
struct JobMetrics: Sendable {
    private struct OfKind: Sendable {
        var started: Counter
        var finished: [String: Counter]
        var pickup: Metrics.Timer
        var run: Metrics.Timer
    }

    private let kinds: [JobKind: OfKind]
    private let runningNow = Gauge(label: "atelier_jobs_running")

    init(kinds: some Sequence<JobKind>) {
        self.kinds = Dictionary(
            kinds.map { kind in
                let dimension = ("kind", kind.rawValue)
                let finished = Settlement.outcomes.map { outcome in
                    let counter = Counter(
                        label: "atelier_jobs_finished_total", dimensions: [dimension, ("outcome", outcome)])
                    return (outcome, counter)
                }
                let metrics = OfKind(
                    started: Counter(label: "atelier_jobs_started_total", dimensions: [dimension]),
                    finished: Dictionary(finished) { first, _ in first },
                    pickup: Metrics.Timer(label: "atelier_job_pickup_seconds", dimensions: [dimension]),
                    run: Metrics.Timer(label: "atelier_job_run_seconds", dimensions: [dimension]))
                return (kind, metrics)
            }, uniquingKeysWith: { first, _ in first })
    }

    func running(_ count: Int) { runningNow.record(count) }

    /// - Parameter waited: from the moment at which the job became ready.
    func started(_ kind: JobKind, waited: Duration) {
        kinds[kind]?.started.increment()
        kinds[kind]?.pickup.recordNanoseconds(max(waited.wholeMicroseconds, 0) * 1_000)
    }

    func finished(_ kind: JobKind, outcome: String, after duration: Duration) {
        kinds[kind]?.finished[outcome]?.increment()
        kinds[kind]?.run.recordNanoseconds(max(duration.wholeMicroseconds, 0) * 1_000)
    }
}
