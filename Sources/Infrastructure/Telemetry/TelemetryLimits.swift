package import Logging
package import Settings

/// How log records are written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Text on a terminal, JSON otherwise.
    case auto
    case text
    case json
}

/// The settings and limits of this room.
package struct TelemetryLimits: Sendable, Hashable {
    /// The least level that is written.
    package var logLevel = Logger.Level.info
    package var logFormat = LogFormat.auto
    /// The longest message or metadata value that is written, in bytes; the rest is cut.
    package var logValueSize = 8 << 10
    /// How many label combinations one metric may have; further ones are dropped and counted.
    package var metricSeries = 1_000

    package init() {}

    package init(reading reader: SettingsReader) {
        let defaults = TelemetryLimits()
        logLevel = reader.choice("ATELIER_LOG_LEVEL", default: defaults.logLevel, "The least level of logs written.")
        logFormat = reader.choice(
            "ATELIER_LOG_FORMAT", default: defaults.logFormat,
            "How logs are written; auto is text on a terminal and JSON otherwise.")
        logValueSize = reader.bytes(
            "ATELIER_LOG_VALUE_SIZE", default: defaults.logValueSize, in: 256...(1 << 20),
            "The longest message or value in a log; the rest is cut.")
        metricSeries = reader.integer(
            "ATELIER_METRICS_SERIES", default: defaults.metricSeries, in: 1...1_000_000,
            "How many label combinations a metric may have; further ones are dropped and counted.")
    }
}
