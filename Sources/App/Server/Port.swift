import Glibc

/// Ports, before anything listens on them.
enum Port {
    /// The port itself, or a free one for 0, so that links can name it before the server runs.
    /// - Throws: `ServerError` when the port, or the address, can't be had.
    static func resolve(_ port: Int, host: String) throws -> Int {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
            throw ServerError.cannotListen(host: host, port: port, reason: "no such address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else {
            throw ServerError.cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        // As the server itself does: a port whose last connections linger isn't in use.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            if errno == EADDRINUSE { throw ServerError.portBusy(host: host, port: port) }
            throw ServerError.cannotListen(host: host, port: port, reason: String(cString: strerror(errno)))
        }
        if port != 0 { return port }
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let named = withUnsafeMutablePointer(to: &bound) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard named == 0 else { throw ServerError.cannotListen(host: host, port: port, reason: "no free port") }
        // The port stands at the same place in an IPv4 and an IPv6 address, in network order.
        return withUnsafeBytes(of: &bound) { Int($0[2]) << 8 | Int($0[3]) }
    }
}
