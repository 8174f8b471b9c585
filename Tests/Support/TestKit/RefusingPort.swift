import Glibc

/// A port of 127.0.0.1 that is held and refuses every connection. One that was merely let go may be another's a moment
/// later.
///
/// A double that is started on the port takes the connections while it listens; after its end they are refused again.
package final class RefusingPort: Sendable {
    package let port: Int
    /// `http://127.0.0.1:PORT`
    package var url: String { "http://127.0.0.1:\(port)" }
    private let held: Int32

    package struct NoPort: Error {
        package var number: Int32
    }

    package init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw NoPort(number: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Bound as the doubles bind theirs: two such sockets can have a port as long as one of them listens.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0
            }
        }
        guard isBound else {
            let number = errno
            _ = Glibc.close(descriptor)
            throw NoPort(number: number)
        }
        held = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { _ = Glibc.close(held) }
}
