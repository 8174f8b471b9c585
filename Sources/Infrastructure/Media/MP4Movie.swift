/// What the index of a film (`moov`) says.
struct MP4Movie: Sendable {
    /// From `mvhd`; else from the longest track or, in a fragmented film, from `mehd`. Nil when none says.
    private(set) var durationSeconds: Double?
    /// The coded size of the first video track with frames; nil when there is none.
    private(set) var size: PixelSize?
    /// The sample format of that track: `avc1`, `hvc1`, `av01`.
    private(set) var codec: FourCC?
    /// Where in the file the last sample ends.
    private(set) var dataEnd: UInt64 = 0

    private var isFragmented = false
    private var timescale: UInt64 = 0
    private var longestTrack: Double?
    private var fragmentDuration: UInt64?

    init(reading bytes: ArraySlice<UInt8>) throws(MediaError) {
        var tracks: [MP4TrackIndex] = []
        var hasHeader = false
        var boxes = BoxWalk(bytes)
        while let box = try boxes.next() {
            switch box.type {
            case "mvhd":
                try readHeader(box.payload)
                hasHeader = true
            case "mvex":
                isFragmented = true
                try readExtends(box.payload)
            case "trak":
                guard tracks.count < Self.maximumTracks else { throw MediaError(.corrupt, "too many tracks") }
                tracks.append(try MP4TrackIndex(reading: box.payload))
            default: break
            }
        }
        guard hasHeader else { throw MediaError(.corrupt, "moov without mvhd") }
        for track in tracks {
            dataEnd = max(dataEnd, track.dataEnd)
            if let seconds = track.durationSeconds { longestTrack = max(longestTrack ?? 0, seconds) }
            if size == nil, track.isVideo, isFragmented || track.sampleCount > 0 {
                size = track.size
                codec = track.codec
            }
        }
        durationSeconds =
            durationSeconds ?? fragmentDuration.map { Double($0) / Double(timescale) } ?? longestTrack
    }

    private static let maximumTracks = 64

    private mutating func readHeader(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        let clock = try MediaClock(reading: bytes)
        timescale = clock.timescale
        durationSeconds = clock.seconds
    }

    private mutating func readExtends(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        var boxes = BoxWalk(bytes)
        while let box = try boxes.next() {
            guard box.type == "mehd" else { continue }
            var cursor = ByteCursor(box.payload)
            let version = try cursor.int(bytes: 1)
            try cursor.skip(3)
            let duration = try cursor.number(bytes: version == 1 ? 8 : 4)
            // Without mvhd before it there is no clock to count by.
            if duration > 0, timescale > 0 { fragmentDuration = duration }
        }
    }
}

/// The head that `mvhd` and `mdhd` have in common, in both versions.
struct MediaClock {
    var timescale: UInt64
    /// Nil for zero or "unknown" (all ones).
    var seconds: Double?

    init(reading bytes: ArraySlice<UInt8>) throws(MediaError) {
        var cursor = ByteCursor(bytes)
        let version = try cursor.int(bytes: 1)
        guard version <= 1 else { throw MediaError(.corrupt, "a clock of version \(version)") }
        try cursor.skip(version == 1 ? 19 : 11)
        timescale = try cursor.number(bytes: 4)
        let duration = try cursor.number(bytes: version == 1 ? 8 : 4)
        guard timescale > 0 else { throw MediaError(.corrupt, "a clock without a timescale") }
        let unknown = version == 1 ? UInt64.max : UInt64(UInt32.max)
        seconds = duration == 0 || duration == unknown ? nil : Double(duration) / Double(timescale)
    }
}

/// Goes through the boxes that fill a payload exactly.
struct BoxWalk {
    private var cursor: ByteCursor

    init(_ bytes: ArraySlice<UInt8>) {
        cursor = ByteCursor(bytes)
    }

    /// The next box; nil at the end.
    mutating func next() throws(MediaError) -> (type: FourCC, payload: ArraySlice<UInt8>)? {
        guard !cursor.rest.isEmpty else { return nil }
        // Some writers end a list of boxes with four zero bytes.
        if cursor.rest.count == 4, cursor.rest.allSatisfy({ $0 == 0 }) { return nil }
        var length = try cursor.number(bytes: 4)
        let type = try cursor.code()
        var header: UInt64 = 8
        if length == 1 {
            length = try cursor.number(bytes: 8)
            header = 16
        } else if length == 0 {
            length = UInt64(cursor.rest.count) + header
        }
        guard length >= header, length - header <= UInt64(cursor.rest.count) else {
            throw MediaError(.corrupt, "box \(type.isPlausible ? type.description : "?") reaches beyond its parent")
        }
        return (type, try cursor.take(Int(length - header)))
    }
}
