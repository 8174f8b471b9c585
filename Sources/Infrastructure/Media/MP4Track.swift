/// What a decoder must know before the first frame (ISO/IEC 14496-15, 5.3.3).
struct AVCConfiguration {
    var level: UInt8
    var sequenceParameters: [UInt8]
    var pictureParameters: [UInt8]
}

/// Collects the frames of a film and writes the MP4 file around them (ISO/IEC 14496-12).
struct MP4Track {
    /// Ticks of the media clock for each frame.
    private static let ticksPerFrame = 512
    /// Ticks of the movie clock a second.
    private static let movieTimescale = 1000

    let spec: FilmSpec
    /// Every frame behind its length in four bytes.
    private(set) var media: [UInt8] = []
    private var sizes: [Int] = []
    private var keys: [Int] = []

    init(spec: FilmSpec) {
        self.spec = spec
    }

    mutating func append(_ unit: [UInt8], isKey: Bool) {
        media += Box.bytes32(unit.count)
        media += unit
        sizes.append(unit.count + 4)
        if isKey { keys.append(sizes.count) }
    }

    /// The whole file: type, index, frames.
    func file(configuration: AVCConfiguration) -> [UInt8] {
        let type = Box.box("ftyp", Array("isom".utf8) + Box.bytes32(0x200) + Array("isomiso2avc1mp41".utf8))
        // The index has the same size wherever it points.
        let length = movie(configuration, mediaOffset: 0).count
        var file = type
        file.reserveCapacity(type.count + length + 8 + media.count)
        file += movie(configuration, mediaOffset: type.count + length + 8)
        file += Box.bytes32(media.count + 8)
        file += Array("mdat".utf8)
        file += media
        return file
    }

    private var movieDuration: Int { spec.seconds * Self.movieTimescale }
    private var mediaTimescale: Int { spec.framesPerSecond * Self.ticksPerFrame }
    private var mediaDuration: Int { spec.frameCount * Self.ticksPerFrame }

    private func movie(_ configuration: AVCConfiguration, mediaOffset: Int) -> [UInt8] {
        // Times of making are left at zero, so that the same film has the same bytes.
        var header = Box.bytes32(0) + Box.bytes32(0) + Box.bytes32(Self.movieTimescale) + Box.bytes32(movieDuration)
        header += Box.bytes32(0x10000)  // rate 1
        header += Box.bytes16(0x100) + Box.zeros(10)  // volume 1
        header += Self.identityMatrix + Box.zeros(24)
        header += Box.bytes32(2)  // next track
        let mediaHeader =
            Box.bytes32(0) + Box.bytes32(0) + Box.bytes32(mediaTimescale) + Box.bytes32(mediaDuration)
            + Box.bytes16(0x55C4) + Box.zeros(2)  // language: undetermined
        let handler = Box.zeros(4) + Array("vide".utf8) + Box.zeros(12) + Array("VideoHandler".utf8) + [0]
        let reference = Box.fullBox("dref", Box.bytes32(1) + Box.fullBox("url ", flags: 1, []))
        let information =
            Box.fullBox("vmhd", flags: 1, Box.zeros(8)) + Box.box("dinf", reference)
            + Box.box("stbl", sampleTable(configuration, mediaOffset: mediaOffset))
        let media =
            Box.fullBox("mdhd", mediaHeader) + Box.fullBox("hdlr", handler) + Box.box("minf", information)
        return Box.box(
            "moov", Box.fullBox("mvhd", header) + Box.box("trak", trackHeader() + Box.box("mdia", media)))
    }

    private static let identityMatrix: [UInt8] =
        Box.bytes32(0x10000) + Box.zeros(12) + Box.bytes32(0x10000) + Box.zeros(12) + Box.bytes32(0x4000_0000)

    private func trackHeader() -> [UInt8] {
        var header = Box.bytes32(0) + Box.bytes32(0) + Box.bytes32(1) + Box.bytes32(0) + Box.bytes32(movieDuration)
        header += Box.zeros(16)  // reserved, layer, group, volume, reserved
        header += Self.identityMatrix
        header += Box.bytes32(spec.width << 16) + Box.bytes32(spec.height << 16)
        return Box.fullBox("tkhd", flags: 3, header)  // enabled, in the movie
    }

    /// One chunk that holds all samples, each of the same duration.
    private func sampleTable(_ configuration: AVCConfiguration, mediaOffset: Int) -> [UInt8] {
        let timing = Box.bytes32(1) + Box.bytes32(sizes.count) + Box.bytes32(Self.ticksPerFrame)
        let chunks = Box.bytes32(1) + Box.bytes32(1) + Box.bytes32(sizes.count) + Box.bytes32(1)
        return Box.fullBox("stsd", Box.bytes32(1) + sampleEntry(configuration))
            + Box.fullBox("stts", timing)
            + Box.fullBox("stss", Box.bytes32(keys.count) + keys.flatMap(Box.bytes32))
            + Box.fullBox("stsc", chunks)
            + Box.fullBox("stsz", Box.bytes32(0) + Box.bytes32(sizes.count) + sizes.flatMap(Box.bytes32))
            + Box.fullBox("stco", Box.bytes32(1) + Box.bytes32(mediaOffset))
    }

    private func sampleEntry(_ configuration: AVCConfiguration) -> [UInt8] {
        var entry = Box.zeros(6) + Box.bytes16(1)  // data reference
        entry += Box.zeros(16)
        entry += Box.bytes16(spec.width) + Box.bytes16(spec.height)
        entry += Box.bytes32(0x48_0000) + Box.bytes32(0x48_0000)  // 72 dots an inch
        entry += Box.zeros(4) + Box.bytes16(1)  // one frame a sample
        entry += Box.zeros(32)  // compressor's name
        entry += Box.bytes16(24) + Box.bytes16(0xFFFF)
        var avcc: [UInt8] = [1, H264.profile.indication, H264.profile.constraints, configuration.level, 0xFF, 0xE1]
        avcc += Box.bytes16(configuration.sequenceParameters.count) + configuration.sequenceParameters
        avcc += [1] + Box.bytes16(configuration.pictureParameters.count) + configuration.pictureParameters
        return Box.box("avc1", entry + Box.box("avcC", avcc))
    }
}

/// Writes the boxes of ISO base media files: big-endian, the length first.
enum Box {
    static func bytes32(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
    }

    static func bytes16(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: value).bigEndian) { Array($0) }
    }

    static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }

    static func box(_ type: String, _ payload: [UInt8]) -> [UInt8] {
        bytes32(payload.count + 8) + Array(type.utf8) + payload
    }

    /// A box with a version, which is always 0 here, and flags.
    static func fullBox(_ type: String, flags: Int = 0, _ payload: [UInt8]) -> [UInt8] {
        box(type, bytes32(flags) + payload)
    }
}
