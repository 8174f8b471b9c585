/// JPEG (ITU-T T.81): from SOI through a frame and a scan to EOI. What cameras append after EOI is let by.
struct JPEGGrammar: StreamGrammar {
    private enum Part {
        case start, marker, code, length, frame, segment, entropy, escaped
    }

    private(set) var size: PixelSize?
    private var part = Part.start
    private var marker: UInt8 = 0
    private var hasScan = false

    var start: Demand { .take(2) }

    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand {
        var cursor = ByteCursor(bytes[...])
        switch part {
        case .start:
            guard bytes == [0xFF, 0xD8] else { throw MediaError(.corrupt, "a JPEG without SOI") }
            part = .marker
            return .take(1)
        case .marker:
            guard bytes == [0xFF] else { throw MediaError(.corrupt, "a segment of JPEG without a marker") }
            part = .code
            return .take(1)
        case .code:
            let code = UInt8(truncatingIfNeeded: try cursor.number(bytes: 1))
            return code == 0xFF ? .take(1) : try began(code)
        case .length:
            let length = try cursor.int(bytes: 2) - 2
            guard length >= 0 else { throw MediaError(.corrupt, "a segment of JPEG shorter than its length") }
            if isFrame(marker) {
                guard length >= 6 else { throw MediaError(.corrupt, "a frame header of JPEG without a size") }
                part = .frame
                return .take(length)
            }
            part = marker == 0xDA ? .entropy : .segment
            if marker == 0xDA { hasScan = true }
            return .pass(UInt64(length))
        case .frame:
            try cursor.skip(1)
            let height = try cursor.int(bytes: 2)
            let width = try cursor.int(bytes: 2)
            guard width > 0, height > 0 else { throw MediaError(.corrupt, "a JPEG without a size") }
            size = PixelSize(width: width, height: height)
            part = .marker
            return .take(1)
        case .escaped:
            let code = UInt8(truncatingIfNeeded: try cursor.number(bytes: 1))
            switch code {
            case 0xFF: return .take(1)
            case 0x00, 0xD0...0xD7:
                part = .entropy
                return .find(0xFF)
            default: return try began(code)
            }
        case .segment, .entropy:
            throw MediaError(.corrupt, "a part of JPEG out of order")
        }
    }

    mutating func passed() throws(MediaError) -> Demand {
        switch part {
        case .entropy where marker == 0xDA:
            // The scan header went by; now its data, up to something that may be a marker.
            marker = 0
            return .find(0xFF)
        case .entropy:
            part = .escaped
            return .take(1)
        default:
            part = .marker
            return .take(1)
        }
    }

    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts {
        guard let size else { throw MediaError(.corrupt, "a JPEG without a size") }
        return MediaFacts(
            kind: .jpeg, width: size.width, height: size.height, durationSeconds: nil, byteCount: byteCount)
    }

    private mutating func began(_ code: UInt8) throws(MediaError) -> Demand {
        marker = code
        switch code {
        case 0xD9:
            guard size != nil, hasScan else { throw MediaError(.corrupt, "a JPEG without a picture") }
            return .rest
        case 0x01, 0xD0...0xD7:
            part = .marker
            return .take(1)
        case 0x02...0xBF, 0x00, 0xD8:
            throw MediaError(.corrupt, "a marker that JPEG doesn't have here")
        default:
            part = .length
            return .take(2)
        }
    }

    /// SOF0 to SOF15 without DHT, JPG and DAC, which lie between.
    private func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }
}
