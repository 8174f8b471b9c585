/// What the index says of one track: what it shows, for how long, and where its samples lie.
struct MP4TrackIndex {
    private(set) var isVideo = false
    private(set) var size: PixelSize?
    private(set) var codec: FourCC?
    private(set) var durationSeconds: Double?
    private(set) var sampleCount: UInt64 = 0
    /// Where in the file the last sample ends; 0 when the samples lie in fragments.
    private(set) var dataEnd: UInt64 = 0

    init(reading bytes: ArraySlice<UInt8>) throws(MediaError) {
        guard let media = try Self.child("mdia", of: bytes) else { throw MediaError(.corrupt, "trak without mdia") }
        if let clock = try Self.child("mdhd", of: media) {
            durationSeconds = try MediaClock(reading: clock).seconds
        }
        if let handler = try Self.child("hdlr", of: media) {
            var cursor = ByteCursor(handler)
            try cursor.skip(8)
            isVideo = try cursor.code() == "vide"
        }
        guard let information = try Self.child("minf", of: media), let table = try Self.child("stbl", of: information)
        else { return }
        var samples = SampleTable()
        var boxes = BoxWalk(table)
        while let box = try boxes.next() {
            switch box.type {
            case "stsd" where isVideo: try readDescription(box.payload)
            case "stsz": samples.sizes = box.payload
            case "stsc": samples.chunks = box.payload
            case "stco": samples.offsets = (box.payload, 4)
            case "co64": samples.offsets = (box.payload, 8)
            case "stz2": samples.isCompact = true
            default: break
            }
        }
        (sampleCount, dataEnd) = try samples.extent()
    }

    private static func child(_ type: FourCC, of bytes: ArraySlice<UInt8>) throws(MediaError) -> ArraySlice<UInt8>? {
        var boxes = BoxWalk(bytes)
        while let box = try boxes.next() {
            if box.type == type { return box.payload }
        }
        return nil
    }

    /// The first entry of `stsd`, which for video begins with the coded size.
    private mutating func readDescription(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        var cursor = ByteCursor(bytes)
        try cursor.skip(4)
        guard try cursor.number(bytes: 4) > 0 else { throw MediaError(.corrupt, "stsd without an entry") }
        try cursor.skip(4)
        codec = try cursor.code()
        try cursor.skip(24)
        let width = try cursor.int(bytes: 2)
        let height = try cursor.int(bytes: 2)
        guard width > 0, height > 0 else { throw MediaError(.corrupt, "a video track without a size") }
        size = PixelSize(width: width, height: height)
    }
}

/// The boxes that say where samples lie: `stsz`, `stsc` and `stco` or `co64`.
struct SampleTable {
    var sizes: ArraySlice<UInt8> = []
    var chunks: ArraySlice<UInt8> = []
    var offsets: (bytes: ArraySlice<UInt8>, width: Int) = ([], 4)
    /// Sizes of less than a byte (`stz2`) aren't followed.
    var isCompact = false

    /// How many samples there are and where the last one ends. The work is bounded by the bytes of the boxes.
    func extent() throws(MediaError) -> (count: UInt64, end: UInt64) {
        if isCompact { return (1, 0) }
        guard !sizes.isEmpty else { return (0, 0) }
        var sizes = ByteCursor(sizes)
        try sizes.skip(4)
        let uniform = try sizes.number(bytes: 4)
        let count = try sizes.number(bytes: 4)
        guard uniform > 0 || count * 4 <= UInt64(sizes.rest.count) else {
            throw MediaError(.corrupt, "stsz is shorter than its entries")
        }
        if count == 0 { return (0, 0) }
        var offsets = ByteCursor(offsets.bytes)
        try offsets.skip(4)
        let chunkCount = try offsets.number(bytes: 4)
        guard chunkCount > 0, chunkCount * UInt64(self.offsets.width) <= UInt64(offsets.rest.count) else {
            throw MediaError(.corrupt, "samples without chunks")
        }
        var runs = try ChunkRuns(chunks)
        var left = count
        var end: UInt64 = 0
        for chunk in 1...chunkCount {
            let offset = try offsets.number(bytes: self.offsets.width)
            let samples = min(try runs.samples(in: chunk), left)
            left -= samples
            let length =
                uniform > 0 ? samples * uniform : try Self.sum(of: samples, &sizes)
            let (sum, overflow) = offset.addingReportingOverflow(length)
            guard !overflow else { throw MediaError(.corrupt, "a chunk beyond any file") }
            end = max(end, sum)
        }
        guard left == 0 else { throw MediaError(.corrupt, "\(left) samples lie in no chunk") }
        return (count, end)
    }

    private static func sum(of count: UInt64, _ sizes: inout ByteCursor) throws(MediaError) -> UInt64 {
        var sum: UInt64 = 0
        var left = count
        while left > 0 {
            sum += try sizes.number(bytes: 4)
            left -= 1
        }
        return sum
    }
}

/// `stsc`: from which chunk on there are how many samples a chunk.
struct ChunkRuns {
    private var cursor: ByteCursor
    private var left: UInt64
    private var current: UInt64 = 0
    private var next: (first: UInt64, samples: UInt64)?

    init(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        cursor = ByteCursor(bytes)
        try cursor.skip(4)
        left = try cursor.number(bytes: 4)
        try advance()
        guard next?.first == 1 else { throw MediaError(.corrupt, "stsc doesn't begin at the first chunk") }
    }

    /// Chunks are asked for in rising order.
    mutating func samples(in chunk: UInt64) throws(MediaError) -> UInt64 {
        while let run = next, run.first <= chunk {
            current = run.samples
            try advance()
        }
        return current
    }

    private mutating func advance() throws(MediaError) {
        next = nil
        guard left > 0 else { return }
        left -= 1
        let first = try cursor.number(bytes: 4)
        let samples = try cursor.number(bytes: 4)
        try cursor.skip(4)
        next = (first, samples)
    }
}
