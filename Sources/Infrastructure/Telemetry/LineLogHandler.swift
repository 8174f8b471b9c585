package import Logging
package import Vocabulary

/// Writes each log record as one line, text or JSON, with secrets masked and control characters escaped.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let isJSON: Bool
    private let valueSize: Int
    private let output: LogOutput
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - isJSON: JSON rather than text.
    ///   - now: the clock of the records.
    package init(
        label: String, limits: TelemetryLimits, isJSON: Bool, output: LogOutput,
        metadataProvider: Logger.MetadataProvider? = LogContext.metadataProvider,
        now: @escaping @Sendable () -> Timestamp = Timestamp.system
    ) {
        self.label = label
        self.logLevel = limits.logLevel
        self.valueSize = limits.logValueSize
        self.isJSON = isJSON
        self.output = output
        self.metadataProvider = metadataProvider
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get(), !provided.isEmpty { merged.merge(provided) { _, new in new } }
        if let given = event.metadata {
            if merged.isEmpty { merged = given } else { merged.merge(given) { _, new in new } }
        }
        if let error = event.error, merged["error"] == nil { merged["error"] = .string("\(error)") }
        let line = LogLine(
            time: now(), level: event.level, logger: label, message: event.message.description, metadata: merged,
            isJSON: isJSON, valueSize: valueSize)
        output.write(line.bytes)
    }
}
