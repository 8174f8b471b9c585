/// The W3C `traceparent` header.
package enum TraceParent {
    /// The header as it came; nil when it isn't one that may be passed on.
    package static func accept(_ header: String?) -> String? {
        guard let header, header.utf8.count == 55 else { return nil }
        let parts = header.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.map(\.count) == [2, 32, 16, 2] else { return nil }
        let isHexadecimal = parts.joined().allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        let zero = UInt8(ascii: "0")
        guard isHexadecimal, !parts[0].elementsEqual("ff".utf8) else { return nil }
        guard !parts[1].allSatisfy({ $0 == zero }), !parts[2].allSatisfy({ $0 == zero }) else { return nil }
        return header
    }
}
