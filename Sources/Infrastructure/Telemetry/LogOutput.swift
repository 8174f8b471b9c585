import Glibc
import Synchronization

/// Where lines go. A line is written whole; lines of different tasks don't mix.
package struct LogOutput: Sendable {
    package var write: @Sendable (_ line: [UInt8]) -> Void

    package init(write: @escaping @Sendable (_ line: [UInt8]) -> Void) { self.write = write }

    /// The standard error of the process.
    package static let standardError = LogOutput(descriptor: STDERR_FILENO)

    /// A file, pipe or terminal that is open already. When its reader doesn't keep up, a line waits for `patience` and
    /// is then dropped; how many were is written when the reader is back. A log must not stop the service.
    package init(descriptor: Int32, patience: Duration = .milliseconds(50)) {
        let output = LineDescriptor(descriptor: descriptor, patience: Int32(patience / .milliseconds(1)))
        write = { output.write($0) }
    }
}

private final class LineDescriptor: Sendable {
    private struct State {
        var dropped = 0
        /// The last line was given up in its middle.
        var isTorn = false
    }

    private let descriptor: Int32
    /// In milliseconds.
    private let patience: Int32
    private let state = Mutex(State())

    /// What a pipe that is ready takes without blocking: `PIPE_BUF`.
    private static let pieceSize = 4_096

    init(descriptor: Int32, patience: Int32) {
        self.descriptor = descriptor
        self.patience = patience
    }

    func write(_ line: [UInt8]) {
        state.withLock { state in
            // While lines are being dropped nobody waits: only the first one did.
            guard isReady(within: state.dropped == 0 ? patience : 0) else {
                state.dropped += 1
                return
            }
            if state.dropped > 0 {
                let lineBreak = state.isTorn ? "\n" : ""
                let words = "log lines dropped: the reader of the log didn't keep up"
                state.isTorn = false
                guard send(Array("\(lineBreak)(\(state.dropped) \(words))\n".utf8), &state) else { return }
                state.dropped = 0
            }
            if !send(line, &state) { state.dropped += 1 }
        }
    }

    private func isReady(within milliseconds: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&request, 1, milliseconds) > 0 && request.revents & Int16(POLLOUT) != 0
    }

    private func send(_ line: [UInt8], _ state: inout State) -> Bool {
        line.withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, min(rest.count, Self.pieceSize))
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                    if rest.isEmpty { break }
                } else if count < 0, errno != EAGAIN, errno != EINTR {
                    state.isTorn = rest.count < bytes.count
                    return false
                }
                guard isReady(within: patience) else {
                    state.isTorn = rest.count < bytes.count
                    return false
                }
            }
            return true
        }
    }
}
