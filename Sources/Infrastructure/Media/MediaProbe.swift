/// Judges bytes by themselves, whatever their sender calls them.
package enum MediaProbe {
    /// The kind that the first bytes announce; nil for HTML, JSON and everything else. It takes
    /// `MediaKind.prefixLength` bytes to be certain, or all if there are fewer.
    package static func kind(of prefix: [UInt8]) -> MediaKind? {
        let head = Array(prefix.prefix(MediaKind.prefixLength))
        if head.starts(with: PNG.signature) { return .png }
        if head.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8) { return .gif }
        if head.count >= 12, head.starts(with: "RIFF".utf8), head[8...].starts(with: "WEBP".utf8) { return .webp }
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return isWebM(head) ? .webm : nil }
        if head.count >= 12, head[4...].starts(with: "ftyp".utf8) {
            return otherBrands.contains { head[8...].starts(with: $0.utf8) } ? nil : .mp4
        }
        return nil
    }

    /// The size of a PNG, JPEG, WebP or GIF, from as much of it as holds the size; nil when `bytes` don't.
    package static func imageSize(of bytes: [UInt8]) -> PixelSize? {
        guard let kind = kind(of: bytes), kind.isImage, var stream = MediaInspector.stream(for: kind) else {
            return nil
        }
        // What is wrong after the size doesn't matter here.
        try? stream.feed(bytes[...])
        return stream.size
    }

    /// Inspects bytes that are all in memory: whole, sound, and of the expected sort.
    package static func inspect(
        _ bytes: [UInt8], expecting: MediaInspector.Expectation
    ) throws(MediaError) -> MediaFacts {
        var inspector = MediaInspector(expecting: expecting)
        try inspector.feed(bytes)
        return try inspector.finish()
    }

    /// Major brands of files with the boxes of MP4 that aren't films: still pictures, sound, QuickTime.
    private static let otherBrands = ["heic", "heix", "heim", "heis", "hevc", "mif1", "avif", "avis", "M4A ", "qt  "]

    private static func isWebM(_ head: [UInt8]) -> Bool {
        let name = Array("webm".utf8)
        return head.indices.contains { head[$0...].starts(with: name) }
    }
}
