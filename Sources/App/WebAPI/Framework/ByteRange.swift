/// The `Range` header of one range of bytes (RFC 9110, 14).
package enum ByteRange {
    /// What is asked of a body of that size: nil for all of it, which is also the answer to what isn't understood and
    /// to several ranges at once. An empty range means that it can't be satisfied.
    package static func parse(_ header: String?, size: Int64) -> Range<Int64>? {
        guard let header, header.hasPrefix("bytes=") else { return nil }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, !header.contains(",") else { return nil }
        if bounds[0].isEmpty {
            guard let count = number(bounds[1]) else { return nil }
            return count == 0 ? 0..<0 : max(0, size - count)..<size
        }
        guard let first = number(bounds[0]) else { return nil }
        guard first < size else { return 0..<0 }
        if bounds[1].isEmpty { return first..<size }
        guard let last = number(bounds[1]), last >= first else { return nil }
        return first..<min(size - 1, last) + 1
    }

    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int64(text) ?? Int64.max - 1
    }
}
