package import Hummingbird
import NIOCore
import ServiceLifecycle

/// Writes events to a client as they come, and a comment when none came for a while, so that proxies keep the
/// connection and a client that has gone is noticed.
package struct EventStreamWriter: Sendable {
    package var heartbeat: Duration

    package init(heartbeat: Duration) { self.heartbeat = heartbeat }

    private enum Step: Sendable {
        case event(ServerSentEvent?)
        case beat
        case stop
    }

    /// Writes until the source ends, fails, or the client goes.
    /// - Parameters:
    ///   - failure: makes the last event out of an error of the source.
    ///   - onEvent: sees each event after it was written.
    /// - Throws: what writing throws; the source's errors are told to the client.
    package func write(
        _ source: EventSource, to writer: inout any ResponseBodyWriter,
        failure: @Sendable (any Error) -> ServerSentEvent,
        onEvent: (ServerSentEvent) async -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Step.self) { group in
            defer { group.cancelAll() }
            let heartbeat = heartbeat
            group.addTask { .event(try await source.next()) }
            group.addTask { try await Self.rest(heartbeat) }
            if source.isResumable {
                group.addTask {
                    try await gracefulShutdown()
                    return .stop
                }
            }
            var isQuiet = true
            while true {
                let step: Step?
                do {
                    step = try await group.next()
                } catch {
                    try Task.checkCancellation()
                    try await writer.write(failure(error).bytes)
                    return
                }
                switch step {
                case .beat:
                    if isQuiet { try await writer.write(ByteBuffer(string: ": keep-alive\n\n")) }
                    isQuiet = true
                    group.addTask { try await Self.rest(heartbeat) }
                case .event(let event?):
                    try await writer.write(event.bytes)
                    await onEvent(event)
                    isQuiet = false
                    group.addTask { .event(try await source.next()) }
                case .event(nil), .stop, nil: return
                }
            }
        }
    }

    private static func rest(_ time: Duration) async throws -> Step {
        try await Task.sleep(for: time)
        return .beat
    }
}
