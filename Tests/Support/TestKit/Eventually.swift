/// What didn't come about in time.
package struct NotInTime: Error, CustomStringConvertible {
    package var what: String
    package var limit: Duration

    package var description: String { "not within \(limit): \(what)" }
}

/// Waits until `condition` holds, asking again every few milliseconds.
/// - Throws: `NotInTime` when it doesn't hold within `limit`, or the error that `condition` throws.
package func eventually(
    within limit: Duration = .seconds(20), _ what: String, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var pause = Duration.milliseconds(1)
    while true {
        if try await condition() { return }
        guard clock.now < deadline else { throw NotInTime(what: what, limit: limit) }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(20))
    }
}
