/// PNG (RFC 2083): the signature, chunks with right checksums, and IEND as the last bytes. Pictures aren't inflated.
struct PNGGrammar: StreamGrammar {
    private enum Part {
        case signature, header, chunk, body, checksum
    }

    private(set) var size: PixelSize?
    private var part = Part.signature
    private var type: FourCC = "    "
    private var checksum: UInt32 = 0
    private var hasData = false
    private var isFirst = true

    var start: Demand { .take(PNG.signature.count) }

    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        switch part {
        case .signature:
            guard bytes == PNG.signature else { throw MediaError(.corrupt, "not the signature of PNG") }
            part = .chunk
            return .take(8)
        case .chunk:
            return try chunk(bytes)
        case .header:
            try header(bytes)
            part = .checksum
            return .take(4)
        case .checksum:
            var cursor = ByteCursor(bytes[...])
            guard try cursor.number(bytes: 4) == UInt64(checksum) else {
                throw MediaError(.corrupt, "the checksum of \(type) is wrong")
            }
            part = .chunk
            return type == "IEND" ? .nothing : .take(8)
        case .body:
            throw MediaError(.corrupt, "a PNG chunk out of order")
        }
    }

    mutating func watched(_ bytes: ArraySlice<UInt8>) {
        checksum = CRC32.of(bytes, after: checksum)
    }

    mutating func passed() throws(MediaError) -> Demand {
        part = .checksum
        return .take(4)
    }

    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts {
        guard let size else { throw MediaError(.corrupt, "a PNG without a size") }
        return MediaFacts(
            kind: .png, width: size.width, height: size.height, durationSeconds: nil, byteCount: byteCount)
    }

    private mutating func chunk(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        var cursor = ByteCursor(bytes[...])
        let length = try cursor.number(bytes: 4)
        type = try cursor.code()
        checksum = CRC32.of(bytes[4...])
        guard length <= 0x7FFF_FFFF, type.isLetters else { throw MediaError(.corrupt, "not a chunk of PNG") }
        guard isFirst == (type == "IHDR") else { throw MediaError(.corrupt, "IHDR isn't the first chunk") }
        isFirst = false
        switch type {
        case "IHDR":
            guard length == 13 else { throw MediaError(.corrupt, "IHDR isn't 13 bytes") }
            part = .header
            return .take(13)
        case "IEND":
            guard length == 0, hasData else { throw MediaError(.corrupt, "a PNG without a picture") }
        case "IDAT":
            hasData = hasData || length > 0
        default: break
        }
        part = .body
        return .pass(length)
    }

    private mutating func header(_ bytes: [UInt8]) throws(MediaError) {
        checksum = CRC32.of(bytes[...], after: checksum)
        var cursor = ByteCursor(bytes[...])
        let width = try cursor.int(bytes: 4)
        let height = try cursor.int(bytes: 4)
        let depth = try cursor.int(bytes: 1)
        let color = try cursor.int(bytes: 1)
        let sides = 1...0x7FFF_FFFF
        guard sides.contains(width), sides.contains(height), [1, 2, 4, 8, 16].contains(depth),
            [0, 2, 3, 4, 6].contains(color)
        else { throw MediaError(.corrupt, "IHDR has a size or colour type that can't be") }
        size = PixelSize(width: width, height: height)
    }
}
