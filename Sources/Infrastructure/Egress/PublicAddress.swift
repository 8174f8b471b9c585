/// Which addresses belong to the public internet.
///
/// After the special-purpose registries of IANA (https://www.iana.org/assignments/iana-ipv4-special-registry,
/// https://www.iana.org/assignments/iana-ipv6-special-registry). What embeds an IPv4 address is judged by it.
package enum PublicAddress {
    /// Whether `address` is public, or lies in one of the networks that are allowed all the same.
    package static func allows(_ address: IPAddress, besides networks: [CIDR] = []) -> Bool {
        let plain = address.unmapped
        return isPublic(plain) || networks.contains { $0.contains(plain) || $0.contains(address) }
    }

    package static func isPublic(_ address: IPAddress) -> Bool {
        let plain = address.unmapped
        if plain.isIPv4 { return !refusedIPv4.contains { $0.contains(plain) } }
        // NAT64 and 6to4 lead to the IPv4 address that they carry.
        if nat64.contains(plain) { return isPublic(IPAddress(four: plain.bytes[12...])) }
        if sixToFour.contains(plain) { return isPublic(IPAddress(four: plain.bytes[2..<6])) }
        return globalUnicast.contains(plain) && !refusedIPv6.contains { $0.contains(plain) }
    }

    private static let refusedIPv4: [CIDR] = [
        four(0, bits: 8),  // this network
        four(10, bits: 8),  // private
        four(100, 64, bits: 10),  // shared by carriers
        four(127, bits: 8),  // loopback
        four(169, 254, bits: 16),  // link-local, and the metadata services of clouds
        four(172, 16, bits: 12),  // private
        four(192, 0, 0, bits: 24),  // protocol assignments
        four(192, 0, 2, bits: 24),  // documentation
        four(192, 88, 99, bits: 24),  // relays of 6to4, given up
        four(192, 168, bits: 16),  // private
        four(198, 18, bits: 15),  // benchmarks
        four(198, 51, 100, bits: 24),  // documentation
        four(203, 0, 113, bits: 24),  // documentation
        four(224, bits: 4),  // multicast
        four(240, bits: 4),  // reserved, and broadcast
    ]

    private static let globalUnicast = six(0x20, bits: 3)
    private static let nat64 = six(0x00, 0x64, 0xff, 0x9b, bits: 96)
    private static let sixToFour = six(0x20, 0x02, bits: 16)

    private static let refusedIPv6: [CIDR] = [
        six(0x20, 0x01, bits: 23),  // protocol assignments: Teredo, benchmarks, ORCHID
        six(0x20, 0x01, 0x0d, 0xb8, bits: 32),  // documentation
        six(0x3f, 0xff, bits: 20),  // documentation
    ]

    private static func four(_ bytes: UInt8..., bits: Int) -> CIDR { CIDR(bytes, bits, isIPv4: true) }
    private static func six(_ bytes: UInt8..., bits: Int) -> CIDR { CIDR(bytes, bits, isIPv4: false) }
}
