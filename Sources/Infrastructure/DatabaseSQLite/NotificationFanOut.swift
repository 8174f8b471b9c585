import Database
import Synchronization

/// Wakes the listeners of a channel, in this process.
final class NotificationFanOut: Sendable {
    private struct State {
        var listeners: [Channel: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    func stream(on channel: Channel) -> AsyncStream<Void> {
        let (stream, listener) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed else { return nil }
            state.nextNumber += 1
            state.listeners[channel, default: [:]][state.nextNumber] = listener
            return state.nextNumber
        }
        guard let number else {
            listener.finish()
            return stream
        }
        listener.onTermination = { [weak self] _ in self?.remove(number, from: channel) }
        return stream
    }

    func notify(_ channel: Channel) {
        let listeners = state.withLock { $0.listeners[channel].map { Array($0.values) } ?? [] }
        for listener in listeners { listener.yield() }
    }

    /// Ends all streams, and those that are asked for later.
    func close() {
        let listeners = state.withLock { state in
            let all = state.listeners.values.flatMap(\.values)
            state.listeners = [:]
            state.isClosed = true
            return all
        }
        for listener in listeners { listener.finish() }
    }

    private func remove(_ number: UInt64, from channel: Channel) {
        state.withLock { state in
            state.listeners[channel]?[number] = nil
            if state.listeners[channel]?.isEmpty == true { state.listeners[channel] = nil }
        }
    }
}
