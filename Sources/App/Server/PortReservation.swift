import Glibc

/// A port that is ours before anything listens on it, so that links can name it before the server runs.
///
/// While this lives nobody else is given the port when asking for any; the server itself can listen on it.
final class PortReservation: Sendable {
    let port: Int
    private let descriptor: Int32

    /// - Parameter port: 0 for any free one.
    /// - Throws: `ServerError` when the port, or the address, can't be had.
    init(_ port: Int, host: String) throws {
        (self.descriptor, self.port) = try Self.bound(port, host: host)
    }

    deinit { close(descriptor) }

    private static func bound(_ port: Int, host: String) throws -> (descriptor: Int32, port: Int) {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
            throw ServerError.cannotListen(host: host, port: port, reason: "no such address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw ServerError.cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        var isKept = false
        defer { if !isKept { close(descriptor) } }
        // As the server itself does: a port whose last connections linger isn't in use.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            if errno == EADDRINUSE { throw ServerError.portBusy(host: host, port: port) }
            throw ServerError.cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutablePointer(to: &bound) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard named == 0 else { throw ServerError.cannotListen(host: host, port: port, reason: "no free port") }
        // The port stands at the same place in an IPv4 and an IPv6 address, in network order.
        isKept = true
        return (descriptor, withUnsafeBytes(of: &bound) { Int($0[2]) << 8 | Int($0[3]) })
    }
}
