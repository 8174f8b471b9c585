import Testing

@testable import Media

@Suite struct FilmTests {
    static let shapes = [(640, 360), (360, 640), (480, 480), (322, 182)]

    @Test("the inspector reads size and duration of every shape", arguments: shapes)
    func facts(width: Int, height: Int) throws {
        let film = try Samples.film(FilmSpec(width: width, height: height, seconds: 4))
        let facts = try MP4Film.facts(film)
        #expect(
            facts.media
                == MediaFacts(
                    kind: .mp4, width: width, height: height, durationSeconds: 4, byteCount: UInt64(film.count)))
        #expect(facts.codec == "avc1")
        #expect(facts.indexIsFirst)
    }

    @Test("every length is exact and its weight bounded", arguments: [1, 4, 5, 8, 12, 60])
    func durations(seconds: Int) throws {
        let film = try Samples.film(FilmSpec(width: 320, height: 180, seconds: seconds))
        #expect(try MP4Film.facts(film).media.durationSeconds == Double(seconds))
        #expect(film.count < 100_000 + seconds * 100_000)
    }

    @Test("frames that change nothing cost some bytes")
    func skipped() throws {
        let still = FilmSpec(width: 320, height: 180, seconds: 2)
        let long = FilmSpec(width: 320, height: 180, seconds: 2, framesPerSecond: 48)
        let poster = Samples.poster("Still")
        func render(_ spec: FilmSpec) throws -> Int { try Film.render(spec) { $0 == 0 ? poster : nil }.count }
        let perFrame = (try render(long) - (try render(still))) / 48
        #expect((1...40).contains(perFrame))
    }

    @Test("the same frames give the same bytes, others don't")
    func determinism() throws {
        #expect(try Samples.smallFilm() == Samples.smallFilm())
        let spec = FilmSpec(width: 48, height: 32, seconds: 1, framesPerSecond: 4)
        let black = try Film.render(spec) { _ in nil }
        #expect(black == (try Film.render(spec) { _ in Canvas(width: 48, height: 32) }))
        #expect(black != (try Film.render(spec) { _ in Canvas(width: 48, height: 32, fill: .white) }))
    }

    @Test("boxes come in the order that players like, and the offset points at the frames")
    func boxes() throws {
        let film = try Samples.smallFilm(seconds: 3)
        let top = MP4Film.boxes(film)
        #expect(top.map(\.type) == ["ftyp", "moov", "mdat"])
        let offset = top[0].payload.count + top[1].payload.count + 24
        let moov = top[1].payload
        let stco = try #require(MP4Film.find("stco", in: moov))
        #expect(stco == [0, 0, 0, 0, 0, 0, 0, 1] + Box.bytes32(offset))
        let keys = try #require(MP4Film.find("stss", in: moov))
        #expect(keys == Box.bytes32(0) + Box.bytes32(3) + [1, 5, 9].flatMap(Box.bytes32))
        let sizes = try #require(MP4Film.find("stsz", in: moov))
        let counted = stride(from: 12, to: sizes.count, by: 4)
            .map { at in sizes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(counted.count == 12)
        #expect(counted.reduce(0, +) == top[2].payload.count)
    }

    @Test("a level is chosen whose bounds hold")
    func levels() throws {
        func level(_ spec: FilmSpec, _ canvas: Canvas) throws -> UInt8 {
            let moov = MP4Film.boxes(try Film.render(spec) { $0 == 0 ? canvas : nil })[1].payload
            let start = try #require(MP4Film.position(of: "avcC", in: moov))
            return moov[start + 4 + 3]
        }
        let spec = FilmSpec(width: 640, height: 360, seconds: 1, framesPerSecond: 4)
        #expect(try level(spec, Canvas(width: 640, height: 360)) == 31)
        var noise = Canvas(width: 640, height: 360)
        var chance = SplitMix(state: 1)
        for y in stride(from: 0, to: 360, by: 8) {
            for x in stride(from: 0, to: 640, by: 8) {
                let color = RGB(UInt32.random(in: 0...0xFFFFFF, using: &chance))
                noise.fill(PixelRect(x: x, y: y, width: 8, height: 8), color)
            }
        }
        #expect(try level(spec, noise) == 51)
    }

    @Test(
        "what can't be made is refused",
        arguments: [
            FilmSpec(width: 641, height: 360, seconds: 1), FilmSpec(width: 640, height: 0, seconds: 1),
            FilmSpec(width: 640, height: 1922, seconds: 1), FilmSpec(width: 640, height: 360, seconds: 0),
            FilmSpec(width: 640, height: 360, seconds: FilmSpec.maximumSeconds + 1),
            FilmSpec(width: 640, height: 360, seconds: 1, framesPerSecond: 61),
        ])
    func refused(spec: FilmSpec) {
        #expect { try Film.render(spec) { _ in nil } } throws: { ($0 as? MediaError)?.code == .misuse }
    }

    @Test("a canvas of another size is refused")
    func canvasSize() {
        let spec = FilmSpec(width: 48, height: 32, seconds: 1)
        #expect { try Film.render(spec) { _ in Canvas(width: 32, height: 48) } } throws: {
            ($0 as? MediaError)?.code == .misuse
        }
    }

    @Test("codes are written as the standard's examples have them")
    func codes() {
        var bits = BitWriter()
        for value in [0, 1, 2, 3, 7] { bits.unsigned(value) }
        for value in [1, -1, 2] { bits.signed(value) }
        bits.trail()
        // 1 010 011 00100 0001000, then 010 011 00100, then the stop bit and a zero.
        #expect(bits.bytes == [0b1010_0110, 0b0100_0001, 0b0000_1001, 0b1001_0010])
    }

    @Test("no start code appears in a unit")
    func emulation() {
        #expect(NALUnit.bytes(0x65, [0, 0, 0, 0, 0, 1]) == [0x65, 0, 0, 3, 0, 0, 3, 0, 1])
        #expect(NALUnit.bytes(0x65, [0, 0, 3]) == [0x65, 0, 0, 3, 3])
        #expect(NALUnit.bytes(0x65, [0, 0, 4, 0, 1]) == [0x65, 0, 0, 4, 0, 1])
        #expect(NALUnit.bytes(0x65, []) == [0x65])
    }
}

/// Takes films apart, by itself, and puts them together otherwise.
enum MP4Film {
    static func facts(_ film: [UInt8]) throws -> MP4Facts {
        var inspector = MP4Inspector()
        try inspector.feed(film)
        return try inspector.finish()
    }

    static func boxes(_ bytes: [UInt8]) -> [(type: String, payload: [UInt8])] {
        var boxes: [(String, [UInt8])] = []
        var at = 0
        while at + 8 <= bytes.count {
            let length = bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 8, at + length <= bytes.count else { break }
            boxes.append((String(decoding: bytes[at + 4..<at + 8], as: UTF8.self), Array(bytes[at + 8..<at + length])))
            at += length
        }
        return boxes
    }

    /// Where a type's four characters stand.
    static func position(of type: String, in bytes: [UInt8]) -> Int? {
        let name = Array(type.utf8)
        return bytes.indices.first { bytes[$0...].starts(with: name) }
    }

    /// The payload of the first box of that type, however deep.
    static func find(_ type: String, in bytes: [UInt8]) -> [UInt8]? {
        guard let at = position(of: type, in: bytes), at >= 4 else { return nil }
        return boxes(Array(bytes[(at - 4)...])).first?.payload
    }
}
