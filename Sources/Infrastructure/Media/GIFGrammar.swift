/// GIF 87a and 89a: blocks down to the trailer, one of them a picture. What follows the trailer is let by.
struct GIFGrammar: StreamGrammar {
    private enum Part {
        case header, block, descriptor, codeSize, label, subBlock
    }

    private(set) var size: PixelSize?
    private var part = Part.header
    private var hasPicture = false

    var start: Demand { .take(13) }

    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        var cursor = ByteCursor(bytes[...])
        switch part {
        case .header:
            try cursor.skip(6)
            let width = try cursor.littleInt(bytes: 2)
            let height = try cursor.littleInt(bytes: 2)
            guard width > 0, height > 0 else { throw MediaError(.corrupt, "a GIF without a size") }
            size = PixelSize(width: width, height: height)
            part = .block
            return .pass(colorTable(try cursor.int(bytes: 1)))
        case .block:
            return try block(try cursor.int(bytes: 1))
        case .descriptor:
            try cursor.skip(8)
            hasPicture = true
            part = .codeSize
            return .pass(colorTable(try cursor.int(bytes: 1)))
        case .codeSize, .label:
            part = .subBlock
            return .take(1)
        case .subBlock:
            let length = try cursor.int(bytes: 1)
            if length == 0 { part = .block }
            return length == 0 ? .take(1) : .pass(UInt64(length))
        }
    }

    mutating func passed() throws(MediaError) -> Demand {
        .take(1)
    }

    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts {
        guard let size else { throw MediaError(.corrupt, "a GIF without a size") }
        return MediaFacts(
            kind: .gif, width: size.width, height: size.height, durationSeconds: nil, byteCount: byteCount)
    }

    private mutating func block(_ code: Int) throws(MediaError) -> Demand {
        switch code {
        case 0x2C:
            part = .descriptor
            return .take(9)
        case 0x21:
            part = .label
            return .take(1)
        case 0x3B:
            guard hasPicture else { throw MediaError(.corrupt, "a GIF without a picture") }
            return .rest
        default:
            throw MediaError(.corrupt, "a block that GIF doesn't have")
        }
    }

    /// The bytes of the colour table that the flags announce.
    private func colorTable(_ flags: Int) -> UInt64 {
        flags & 0x80 == 0 ? 0 : 3 << UInt64((flags & 7) + 1)
    }
}
