import Logging
import Metrics
import Settings
import Telemetry
import Testing

@Suite("Telemetry settings")
struct TelemetryLimitsTests {
    @Test("defaults")
    func defaults() {
        let limits = TelemetryLimits(reading: SettingsReader(.empty))
        #expect(limits == TelemetryLimits())
        #expect(limits.logLevel == .info && limits.logFormat == .auto && limits.logValueSize == 8_192)
    }

    @Test("values")
    func values() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_LOG_LEVEL": "debug", "ATELIER_LOG_FORMAT": "json", "ATELIER_LOG_VALUE_SIZE": "1KiB",
                "ATELIER_METRICS_SERIES": "7",
            ]))
        let limits = TelemetryLimits(reading: reader)
        try reader.finish()
        #expect(
            limits.logLevel == .debug && limits.logFormat == .json && limits.logValueSize == 1_024
                && limits.metricSeries == 7)
    }

    @Test("wrong values are refused with what is allowed")
    func wrong() throws {
        let reader = SettingsReader(.values(["ATELIER_LOG_LEVEL": "loud", "ATELIER_LOG_FORMAT": "xml"]))
        _ = TelemetryLimits(reading: reader)
        let error = try #require(throws: SettingsError.self) { try reader.finish() }
        #expect(error.description.contains("trace, debug, info, notice, warning, error or critical"))
        #expect(error.description.contains("auto, text or json"))
    }

    @Test("auto is text on a terminal and JSON otherwise")
    func formats() {
        #expect(Telemetry.writesJSON(.auto, isTerminal: false) && !Telemetry.writesJSON(.auto, isTerminal: true))
        #expect(Telemetry.writesJSON(.json, isTerminal: true) && !Telemetry.writesJSON(.text, isTerminal: false))
    }

    @Test("a process has one registry, and what is counted anywhere is in it")
    func bootstrap() {
        let registry = Telemetry.bootstrap(TelemetryLimits())
        #expect(Telemetry.bootstrap(TelemetryLimits()) === registry)
        Counter(label: "bootstrap_test").increment()
        #expect(registry.render().contains("bootstrap_test_total 1\n"))
    }
}
