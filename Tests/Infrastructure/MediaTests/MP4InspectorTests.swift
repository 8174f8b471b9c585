import Testing

@testable import Media

@Suite struct MP4InspectorTests {
    private func code(_ film: [UInt8]) -> MediaError.Code? {
        do {
            _ = try MP4Film.facts(film)
            return nil
        } catch {
            return (error as? MediaError)?.code
        }
    }

    /// The small film with its boxes put together otherwise.
    private func film(_ build: (_ type: [UInt8], _ index: [UInt8], _ frames: [UInt8]) -> [UInt8]) throws -> [UInt8] {
        let boxes = MP4Film.boxes(try Samples.smallFilm())
        return build(Box.box("ftyp", boxes[0].payload), boxes[1].payload, boxes[2].payload)
    }

    @Test("the index may come after the frames")
    func indexLast() throws {
        let late = try film { $0 + Box.box("mdat", $2) + Box.box("moov", $1) }
        let facts = try MP4Film.facts(late)
        #expect(!facts.indexIsFirst)
        #expect(facts.media.width == 48 && facts.media.durationSeconds == 1)
    }

    @Test("sizes of 64 bits and sizes up to the end are followed")
    func largeSizes() throws {
        func large(_ type: String, _ payload: [UInt8]) -> [UInt8] {
            Box.bytes32(1) + Array(type.utf8) + Box.bytes32(0) + Box.bytes32(payload.count + 16) + payload
        }
        func open(_ type: String, _ payload: [UInt8]) -> [UInt8] { Box.bytes32(0) + Array(type.utf8) + payload }
        #expect(code(try film { $0 + large("moov", $1) + large("mdat", $2) }) == nil)
        #expect(code(try film { $0 + Box.box("moov", $1) + open("mdat", $2) }) == nil)
        #expect(code(try film { $0 + Box.box("mdat", $2) + open("moov", $1) }) == nil)
        let cut = try film { $0 + Box.box("moov", $1) + open("mdat", $2.dropLast()) }
        #expect(code(cut) == .truncated, "the index names a frame that isn't there")
    }

    @Test("a clock of version 1 is read, an unknown duration taken from the track")
    func clocks() throws {
        func header(_ clock: [UInt8]) throws -> [UInt8] {
            try film { type, index, frames in
                let rest = MP4Film.boxes(index).filter { $0.type != "mvhd" }
                let movie = rest.reduce(Box.box("mvhd", clock + Box.zeros(80))) { $0 + Box.box($1.type, $1.payload) }
                return type + Box.box("moov", movie) + Box.box("mdat", frames)
            }
        }
        let long = [1, 0, 0, 0] + Box.zeros(16) + Box.bytes32(90_000) + Box.bytes32(1) + Box.bytes32(0)
        #expect(try MP4Film.facts(header(long)).media.durationSeconds == 4_294_967_296 / 90_000)
        let unknown = Box.bytes32(0) + Box.zeros(8) + Box.bytes32(600) + Box.bytes32(-1)
        #expect(try MP4Film.facts(header(unknown)).media.durationSeconds == 1)
        let stopped = Box.bytes32(0) + Box.zeros(8) + Box.bytes32(0) + Box.bytes32(600)
        #expect(code(try header(stopped)) == .corrupt)
        #expect(code(try header([2, 0, 0, 0] + Box.zeros(40))) == .corrupt)
    }

    @Test("files without a type, an index, frames or a video track are refused for that")
    func missing() throws {
        #expect(code(try film { Box.box("moov", $1) + Box.box("mdat", $2) }) == .notMP4)
        #expect(code(Samples.page) == .notMP4)
        #expect(code([]) == .truncated)
        #expect(code(try film { type, _, frames in type + Box.box("mdat", frames) }) == .truncated)
        #expect(code(try film { type, index, _ in type + Box.box("moov", index) }) == .truncated)
        let sound = try film { type, index, frames in
            let at = MP4Film.position(of: "vide", in: index) ?? 0
            return type + Box.box("moov", index[..<at] + Array("soun".utf8) + index[(at + 4)...])
                + Box.box("mdat", frames)
        }
        #expect(code(sound) == .noVideoTrack)
    }

    @Test("sizes that can't be are refused")
    func sizes() throws {
        let type = try film { type, _, _ in type }
        #expect(code(type + Box.bytes32(7) + Array("free".utf8)) == .corrupt)
        #expect(code(type + Box.bytes32(1) + Array("mdat".utf8) + Box.zeros(8)) == .corrupt)
        #expect(code(type + Box.zeros(8)) == .corrupt)
        #expect(code(type + Samples.page) == .truncated, "its letters make a very long box")
        #expect(code(try film { $0 + Box.box("moov", $1) + Box.box("moov", $1) + Box.box("mdat", $2) }) == .corrupt)
        #expect(code(try film { $0 + $0 + Box.box("moov", $1) + Box.box("mdat", $2) }) == .corrupt)
        #expect(code(Box.bytes32(8192) + Array("ftypisom".utf8)) == .corrupt)
    }

    @Test("an index over 16 MiB is refused at its header")
    func largeIndex() throws {
        var inspector = MP4Inspector()
        try inspector.feed(try film { type, _, _ in type })
        let header = Box.bytes32(MP4Inspector.maximumIndexBytes + 9) + Array("moov".utf8)
        #expect { try inspector.feed(header) } throws: { ($0 as? MediaError)?.code == .tooLarge }
    }

    @Test("a film that ends anywhere early is refused, in pieces of any size")
    func truncated() throws {
        let film = try Samples.smallFilm()
        for length in 0..<film.count {
            var inspector = MediaInspector(expecting: .video)
            #expect(throws: MediaError.self, "\(length) of \(film.count) bytes") {
                var rest = film.prefix(length)
                while !rest.isEmpty {
                    let piece = rest.prefix(1 + length % 997)
                    try inspector.feed(piece)
                    rest = rest.dropFirst(piece.count)
                }
                _ = try inspector.finish()
            }
        }
    }

    @Test("bytes one at a time give the same facts as all at once")
    func bytewise() throws {
        let film = try Samples.smallFilm()
        var inspector = MP4Inspector()
        for byte in film { try inspector.feed(CollectionOfOne(byte)) }
        #expect(try inspector.finish() == MP4Film.facts(film))
    }

    @Test("a fragmented film is taken by its boxes")
    func fragmented() throws {
        let fragmented = try film { type, index, frames in
            let extends = Box.box("mvex", Box.fullBox("mehd", Box.bytes32(2500)))
            var boxes = MP4Film.boxes(index)
            boxes[0].payload.replaceSubrange(16..<20, with: Box.zeros(4))
            let movie = boxes.reduce([]) { $0 + Box.box($1.type, $1.payload) } + extends
            return type + Box.box("moov", movie) + Box.box("moof", []) + Box.box("mdat", frames)
        }
        #expect(try MP4Film.facts(fragmented).media.durationSeconds == 2.5)
    }
}
