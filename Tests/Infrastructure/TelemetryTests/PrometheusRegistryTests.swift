import Metrics
import Synchronization
import Telemetry
import Testing

@Suite("Prometheus metrics")
struct PrometheusRegistryTests {
    let registry = PrometheusRegistry(seriesLimit: 5, includesProcess: false)

    @Test("counters, float counters, gauges and meters")
    func simple() {
        Counter(label: "jobs.done", dimensions: [("kind", "video"), ("engine", "sandbox")], factory: registry)
            .increment(by: 2)
        // The same labels in another order are the same series.
        Counter(label: "jobs.done", dimensions: [("engine", "sandbox"), ("kind", "video")], factory: registry)
            .increment()
        Counter(label: "jobs.done", dimensions: [("kind", "image"), ("engine", "sandbox")], factory: registry)
            .increment()
        FloatingPointCounter(label: "cost_total", factory: registry).increment(by: 0.25)
        Gauge(label: "queue-depth", factory: registry).record(7)
        let meter = Meter(label: "open", factory: registry)
        meter.set(10)
        meter.decrement(by: 2.5)
        #expect(
            registry.render() == """
                # TYPE cost_total counter
                cost_total 0.25
                # TYPE jobs_done_total counter
                jobs_done_total{engine="sandbox",kind="image"} 1
                jobs_done_total{engine="sandbox",kind="video"} 3
                # TYPE open gauge
                open 7.5
                # TYPE queue_depth gauge
                queue_depth 7

                """)
    }

    @Test("timers are histograms in seconds")
    func timers() {
        let timer = Timer(label: "http.request.duration", dimensions: [("method", "GET")], factory: registry)
        timer.recordMilliseconds(3)
        timer.recordMilliseconds(40)
        timer.recordSeconds(4_000)
        let text = registry.render()
        #expect(text.hasPrefix("# TYPE http_request_duration_seconds histogram\n"))
        for line in [
            #"http_request_duration_seconds_bucket{method="GET",le="0.0025"} 0"#,
            #"http_request_duration_seconds_bucket{method="GET",le="0.005"} 1"#,
            #"http_request_duration_seconds_bucket{method="GET",le="0.05"} 2"#,
            #"http_request_duration_seconds_bucket{method="GET",le="1800"} 2"#,
            #"http_request_duration_seconds_bucket{method="GET",le="+Inf"} 3"#,
            #"http_request_duration_seconds_sum{method="GET"} 4000.043"#,
            #"http_request_duration_seconds_count{method="GET"} 3"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test("recorders are histograms of values; a bound belongs to its bucket")
    func recorders() {
        let recorder = Recorder(label: "tokens", factory: registry)
        for value in [1.0, 2, 2.5, .nan, .infinity] { recorder.record(value) }
        let text = registry.render()
        for line in [
            #"tokens_bucket{le="1"} 1"#, #"tokens_bucket{le="2"} 2"#, #"tokens_bucket{le="5"} 3"#, "tokens_count 3",
            "tokens_sum 5.5",
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
    }

    @Test("names and label values can't break the format")
    func escaping() {
        Gauge(label: "9 lives/über", dimensions: [("la-bel", "a\"b\\c\nd")], factory: registry).record(1)
        #expect(registry.render() == "# TYPE _9_lives___ber gauge\n_9_lives___ber{la_bel=\"a\\\"b\\\\c\\nd\"} 1\n")
    }

    @Test("label combinations beyond the limit are dropped and counted, those there already go on")
    func cardinality() {
        for number in 0..<8 {
            Counter(label: "hits", dimensions: [("path", "/\(number)")], factory: registry).increment()
        }
        Counter(label: "hits", dimensions: [("path", "/0")], factory: registry).increment()
        Counter(label: "other", factory: registry).increment()
        let text = registry.render()
        #expect(text.split(separator: "\n").count { $0.hasPrefix("hits_total{") } == 5)
        #expect(text.contains("hits_total{path=\"/0\"} 2\n") && text.contains("other_total 1\n"))
        #expect(text.contains("metrics_dropped_series_total{metric=\"hits_total\"} 3\n"))
        #expect(TelemetryLimits().metricSeries == 1_000)
    }

    @Test("one name is one kind")
    func kinds() {
        Gauge(label: "x_total", factory: registry).record(1)
        Counter(label: "x", factory: registry).increment(by: 5)
        #expect(
            registry.render() == """
                # TYPE x_total gauge
                x_total 1
                # TYPE metrics_dropped_series_total counter
                metrics_dropped_series_total{metric="x_total"} 1

                """)
    }

    @Test("a destroyed metric is gone and may come back")
    func destroy() {
        let counter = Counter(label: "x", factory: registry)
        counter.increment(by: 5)
        counter.destroy()
        #expect(registry.render() == "")
        Counter(label: "x", factory: registry).increment()
        #expect(registry.render().contains("x_total 1\n"))
    }

    @Test("concurrent counting loses nothing, while it is rendered")
    func concurrency() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<1_000 {
                        Counter(label: "c", dimensions: [("n", "\(number % 2)")], factory: registry).increment()
                        Timer(label: "t", factory: registry).recordNanoseconds(1_000)
                        if number % 250 == 0 { _ = registry.render() }
                    }
                }
            }
        }
        let text = registry.render()
        #expect(text.contains("c_total{n=\"0\"} 4000\n") && text.contains("c_total{n=\"1\"} 4000\n"))
        #expect(text.contains("t_seconds_count 8000\n"))
    }

    @Test("every line is a comment or a sample")
    func format() throws {
        let registry = PrometheusRegistry()
        Timer(label: "a.b", dimensions: [("x", "y")], factory: registry).recordNanoseconds(5)
        Counter(label: "n", factory: registry).increment()
        let text = registry.render()
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        let sample = /[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [0-9.e+-]+/
        for line in text.split(separator: "\n") where !line.hasPrefix("# ") {
            #expect(line.wholeMatch(of: sample) != nil, "\(line)")
        }
    }

    @Test("the process tells its memory, CPU time, open files and start")
    func process() throws {
        let values = Dictionary(
            PrometheusRegistry().render().split(separator: "\n").filter { $0.hasPrefix("process_") }.map { line in
                let parts = line.split(separator: " ")
                return (String(parts[0]), Double(parts[1]) ?? -1)
            }, uniquingKeysWith: { first, _ in first })
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_max_fds"]) >= 3)
        #expect(try #require(values["process_start_time_seconds"]) > 1_700_000_000)
    }
}
