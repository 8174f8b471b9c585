/// MP4 (ISO/IEC 14496-12) at its top level: whole boxes, `ftyp` first, one `moov`, which is held and read.
struct MP4Grammar: StreamGrammar {
    private enum Part {
        case header, largeSize, type, index, other
    }

    private(set) var movie: MP4Movie?
    private(set) var indexIsFirst = false
    private var part = Part.header
    private var box: FourCC = "    "
    private var hasType = false
    private var hasMedia = false

    var start: Demand { .take(8) }

    var size: PixelSize? { movie?.size }

    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        var cursor = ByteCursor(bytes[...])
        switch part {
        case .header:
            let length = try cursor.number(bytes: 4)
            box = try cursor.code()
            guard hasType || box == "ftyp" else { throw MediaError(.notMP4, "the first box isn't ftyp") }
            guard box.isPlausible else { throw MediaError(.corrupt, "not a box of MP4") }
            switch length {
            case 0: return try beginLast()
            case 1:
                part = .largeSize
                return .take(8)
            case 2..<8: throw MediaError(.corrupt, "box \(box) is shorter than its header")
            default: return try begin(length - 8)
            }
        case .largeSize:
            let length = try cursor.number(bytes: 8)
            guard length >= 16 else { throw MediaError(.corrupt, "box \(box) is shorter than its header") }
            return try begin(length - 16)
        case .type:
            hasType = true
            return next()
        case .index:
            movie = try MP4Movie(reading: bytes[...])
            indexIsFirst = !hasMedia
            return next()
        case .other:
            throw MediaError(.corrupt, "a box of MP4 out of order")
        }
    }

    mutating func passed() throws(MediaError) -> Demand {
        next()
    }

    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts {
        guard let movie else { throw MediaError(.truncated, "the film has no index (moov)") }
        guard hasMedia else { throw MediaError(.truncated, "the film has no frames (mdat)") }
        guard let size = movie.size else { throw MediaError(.noVideoTrack, "the film has no video track") }
        guard movie.dataEnd <= byteCount else {
            throw MediaError(.truncated, "frames end at byte \(movie.dataEnd) of \(byteCount)")
        }
        return MediaFacts(
            kind: .mp4, width: size.width, height: size.height, durationSeconds: movie.durationSeconds,
            byteCount: byteCount)
    }

    private mutating func next() -> Demand {
        part = .header
        return .takeOrEnd(8)
    }

    private mutating func begin(_ length: UInt64) throws(MediaError) -> Demand {
        switch box {
        case "ftyp":
            guard !hasType, (8...4096).contains(length) else {
                throw MediaError(.corrupt, "ftyp has \(length) bytes or comes twice")
            }
            part = .type
            return .take(Int(length))
        case "moov":
            guard movie == nil else { throw MediaError(.corrupt, "moov comes twice") }
            guard length > 0 else { throw MediaError(.corrupt, "moov is empty") }
            guard length <= UInt64(MP4Inspector.maximumIndexBytes) else {
                throw MediaError(.tooLarge, "moov has \(length) bytes")
            }
            part = .index
            return .take(Int(length))
        default:
            if box == "mdat" { hasMedia = true }
            part = .other
            return .pass(length)
        }
    }

    /// A box of size 0 goes on to the end of the file.
    private mutating func beginLast() throws(MediaError) -> Demand {
        switch box {
        case "mdat":
            hasMedia = true
            return .rest
        case "moov":
            guard movie == nil else { throw MediaError(.corrupt, "moov comes twice") }
            part = .index
            return .takeAll(limit: MP4Inspector.maximumIndexBytes)
        case "ftyp": throw MediaError(.corrupt, "ftyp has no end")
        default: return .rest
        }
    }
}
