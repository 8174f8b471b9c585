package import Settings

/// How much the SQLite driver takes on at once, and how long it waits.
package struct DatabaseSQLiteLimits: Sendable, Hashable {
    /// Write bodies that share one commit, at most.
    package var group = 256
    /// Connections that read at once.
    package var readers = 4
    /// Callers that wait for the writer, at most, and likewise for a reader; a further one is refused at once.
    package var queue = 10_000
    /// How long a write waits for another process that is writing.
    package var busyTimeout: Duration = .seconds(5)

    package init() {}

    package init(reading reader: SettingsReader) {
        group = reader.integer(
            "ATELIER_SQLITE_GROUP", default: group, in: 1...10_000, "SQLite: transactions that share one commit")
        readers = reader.integer(
            "ATELIER_SQLITE_READERS", default: readers, in: 1...64, "SQLite: connections that read at once")
        queue = reader.integer(
            "ATELIER_SQLITE_QUEUE", default: queue, in: 1...1_000_000,
            "SQLite: callers that may wait for the writer, and for a reader, before more are refused")
        busyTimeout = reader.duration(
            "ATELIER_SQLITE_BUSY_TIMEOUT", default: busyTimeout, in: .milliseconds(1) ... .seconds(600),
            "SQLite: how long a write waits for another process that is writing")
    }
}
