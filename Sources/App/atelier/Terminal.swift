import Glibc

/// The standard output and error of the process.
enum Terminal {
    static var isOutputInteractive: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func out(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func outLine(_ line: String) { out(line + "\n") }
    static func error(_ text: String) { write(text, to: STDERR_FILENO) }
    static func errorLine(_ line: String) { error(line + "\n") }

    /// What a reader that is gone doesn't take is lost.
    private static func write(_ text: String, to descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { bytes in
            var rest = bytes
            while let start = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if count < 0, errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, 1_000)
                } else if count == 0 || errno != EINTR {
                    return
                }
            }
        }
    }
}
