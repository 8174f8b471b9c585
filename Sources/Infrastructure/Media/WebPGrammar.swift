/// WebP (RFC 9649): a RIFF file whose chunks fill it exactly and of which one is a picture.
struct WebPGrammar: StreamGrammar {
    private enum Part {
        case file, chunk, head, body
    }

    private(set) var size: PixelSize?
    private var part = Part.file
    private var remaining: UInt64 = 0
    private var type: FourCC = "    "
    private var bodyLength: UInt64 = 0
    private var hasPicture = false

    var start: Demand { .take(12) }

    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        var cursor = ByteCursor(bytes[...])
        switch part {
        case .file:
            let riff = try cursor.code()
            let length = try cursor.littleNumber(bytes: 4)
            let form = try cursor.code()
            guard riff == "RIFF", form == "WEBP", length >= 4 else {
                throw MediaError(.corrupt, "not the header of WebP")
            }
            remaining = length - 4
            return try next()
        case .chunk:
            type = try cursor.code()
            let length = try cursor.littleNumber(bytes: 4)
            bodyLength = length + length % 2
            remaining -= 8
            guard type.isPlausible, bodyLength <= remaining else {
                throw MediaError(.corrupt, "a chunk of WebP reaches beyond the file")
            }
            remaining -= bodyLength
            return try begin(length)
        case .head:
            try measure(&cursor)
            part = .body
            return .pass(bodyLength - UInt64(bytes.count))
        case .body:
            throw MediaError(.corrupt, "a chunk of WebP out of order")
        }
    }

    mutating func passed() throws(MediaError) -> Demand {
        try next()
    }

    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts {
        guard let size, hasPicture else { throw MediaError(.corrupt, "a WebP without a picture") }
        return MediaFacts(
            kind: .webp, width: size.width, height: size.height, durationSeconds: nil, byteCount: byteCount)
    }

    private mutating func next() throws(MediaError) -> Demand {
        part = .chunk
        if remaining == 0 { return .nothing }
        guard remaining >= 8 else { throw MediaError(.corrupt, "a chunk of WebP is cut") }
        return .take(8)
    }

    private mutating func begin(_ length: UInt64) throws(MediaError) -> Demand {
        let headLength: UInt64
        switch type {
        case "VP8 ", "VP8X": headLength = 10
        case "VP8L": headLength = 5
        default: headLength = 0
        }
        if type == "VP8 " || type == "VP8L" || type == "ANMF" { hasPicture = true }
        guard size == nil else {
            part = .body
            return .pass(bodyLength)
        }
        guard headLength > 0, length >= headLength else {
            throw MediaError(.corrupt, "the first chunk of WebP holds no size")
        }
        part = .head
        return .take(Int(headLength))
    }

    private mutating func measure(_ cursor: inout ByteCursor) throws(MediaError) {
        switch type {
        case "VP8 ":
            let tag = try cursor.littleInt(bytes: 3)
            let code = try cursor.number(bytes: 3)
            guard tag & 1 == 0, code == 0x9D012A else { throw MediaError(.corrupt, "not a key frame of VP8") }
            size = PixelSize(
                width: try cursor.littleInt(bytes: 2) & 0x3FFF, height: try cursor.littleInt(bytes: 2) & 0x3FFF)
        case "VP8L":
            guard try cursor.int(bytes: 1) == 0x2F else { throw MediaError(.corrupt, "not the header of VP8L") }
            let bits = try cursor.littleInt(bytes: 4)
            size = PixelSize(width: (bits & 0x3FFF) + 1, height: (bits >> 14 & 0x3FFF) + 1)
        default:
            try cursor.skip(4)
            size = PixelSize(
                width: try cursor.littleInt(bytes: 3) + 1, height: try cursor.littleInt(bytes: 3) + 1)
        }
        if let size, size.width == 0 || size.height == 0 { throw MediaError(.corrupt, "a WebP without a size") }
    }
}
