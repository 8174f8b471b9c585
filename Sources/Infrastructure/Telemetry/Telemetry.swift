import Glibc
import Logging
import Metrics
import Synchronization

/// Sets up what the process reports about itself.
package enum Telemetry {
    private static let registry = Mutex<PrometheusRegistry?>(nil)

    /// Makes every `Logger` of the process write lines to `output`, and every metric go to the registry that is
    /// returned. The first call counts: a process has one of each, so later ones return the same registry.
    package static func bootstrap(_ limits: TelemetryLimits, output: LogOutput = .standardError) -> PrometheusRegistry {
        registry.withLock { existing in
            if let existing { return existing }
            let made = PrometheusRegistry(seriesLimit: limits.metricSeries)
            existing = made
            let isJSON = writesJSON(limits.logFormat, isTerminal: isatty(STDERR_FILENO) == 1)
            LoggingSystem.bootstrap(
                { label, provider in
                    LineLogHandler(
                        label: label, limits: limits, isJSON: isJSON, output: output, metadataProvider: provider)
                }, metadataProvider: LogContext.metadataProvider)
            MetricsSystem.bootstrap(made)
            return made
        }
    }

    /// Whether records are written as JSON.
    package static func writesJSON(_ format: LogFormat, isTerminal: Bool) -> Bool {
        switch format {
        case .json: true
        case .text: false
        case .auto: !isTerminal
        }
    }
}
