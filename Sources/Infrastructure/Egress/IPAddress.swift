import NIOCore

/// An IPv4 or IPv6 address as bytes, in network order.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen.
    package let bytes: [UInt8]

    package var isIPv4: Bool { bytes.count == 4 }

    /// - Parameter text: in standard notation: four decimal parts, or IPv6 without brackets and zone.
    package init?(_ text: String) {
        guard !text.utf8.contains(UInt8(ascii: "%")), let address = try? SocketAddress(ipAddress: text, port: 0)
        else { return nil }
        self.init(address)
    }

    /// - Returns: nil for a Unix socket.
    init?(_ address: SocketAddress) {
        // Where the address lies in `sockaddr_in` and `sockaddr_in6`.
        let place: Range<Int>
        switch address {
        case .v4: place = 4..<8
        case .v6: place = 8..<24
        case .unixDomainSocket: return nil
        }
        bytes = address.withSockAddr { start, size in
            Array(UnsafeRawBufferPointer(start: start, count: size)[place])
        }
    }

    package init(four bytes: some Sequence<UInt8>) { self.bytes = Array(bytes.prefix(4)) }

    /// The IPv4 address that an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) stands for; otherwise itself.
    package var unmapped: IPAddress {
        guard !isIPv4, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff else { return self }
        return IPAddress(four: bytes[12...])
    }

    package var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }
}

/// A network: an address and how many of its leading bits count.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
    package let address: IPAddress
    package let prefix: Int

    /// - Parameter text: `10.0.0.0/8`, `fd00::/8`, or a single address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let prefix = Int(parts[1]), prefix <= width
            else { return nil }
            self.prefix = prefix
        } else {
            prefix = width
        }
        self.address = address
    }

    init(_ bytes: [UInt8], _ prefix: Int, isIPv4: Bool) {
        let all = bytes + [UInt8](repeating: 0, count: (isIPv4 ? 4 : 16) - bytes.count)
        self.address = IPAddress(bytes: all)
        self.prefix = prefix
    }

    /// - Returns: nil when one of the parts is no network.
    package static func list(_ text: String) -> [CIDR]? {
        var networks: [CIDR] = []
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let network = CIDR(String(part)) else { return nil }
            networks.append(network)
        }
        return networks
    }

    package func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        var left = prefix
        for (mine, theirs) in zip(address.bytes, other.bytes) where left > 0 {
            let mask = left >= 8 ? UInt8.max : UInt8.max << UInt8(8 - left)
            if mine & mask != theirs & mask { return false }
            left -= 8
        }
        return true
    }

    package var description: String { "\(address)/\(prefix)" }
}

extension IPAddress {
    init(bytes: [UInt8]) { self.bytes = bytes }
}
