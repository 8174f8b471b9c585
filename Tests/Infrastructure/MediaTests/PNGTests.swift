import Czlib
import Media
import Testing

@Suite struct PNGTests {
    struct Chunk {
        var type: String
        var data: [UInt8]
        var checksum: UInt32
    }

    /// The chunks of a file, without a check of what they hold.
    static func chunks(_ file: [UInt8]) -> [Chunk] {
        func number(_ at: Int) -> Int { file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        var chunks: [Chunk] = []
        var at = 8
        while at + 12 <= file.count {
            let length = number(at)
            guard at + 12 + length <= file.count else { break }
            chunks.append(
                Chunk(
                    type: String(decoding: file[at + 4..<at + 8], as: UTF8.self),
                    data: Array(file[at + 8..<at + 8 + length]),
                    checksum: UInt32(number(at + 8 + length))))
            at += 12 + length
        }
        return chunks
    }

    /// The pixels of a file with filters none and up, as this encoder uses them.
    static func pixels(_ file: [UInt8], width: Int, height: Int) throws -> [UInt8] {
        let packed = chunks(file).filter { $0.type == "IDAT" }.flatMap(\.data)
        let stride = width * 3
        var length = uLong((stride + 1) * height)
        var rows = [UInt8](repeating: 0, count: Int(length))
        try #require(uncompress(&rows, &length, packed, uLong(packed.count)) == Z_OK)
        try #require(length == rows.count)
        var pixels = [UInt8](repeating: 0, count: stride * height)
        for row in 0..<height {
            let filter = rows[row * (stride + 1)]
            try #require(filter == 0 || (filter == 2 && row > 0))
            for at in 0..<stride {
                let above = filter == 2 ? pixels[(row - 1) * stride + at] : 0
                pixels[row * stride + at] = rows[row * (stride + 1) + 1 + at] &+ above
            }
        }
        return pixels
    }

    @Test("a decoder gets back the canvas", arguments: [(1, 1), (160, 90), (33, 70)])
    func roundTrip(width: Int, height: Int) throws {
        let canvas = Samples.poster("Hello, PNG", width: width, height: height)
        let file = try PNG.encode(canvas)
        #expect(try Self.pixels(file, width: width, height: height) == canvas.pixels)
    }

    @Test("the file has a header, notes with their texts, and right checksums")
    func structure() throws {
        let file = try PNG.encode(
            Canvas(width: 300, height: 2), notes: [("Software", "Atelier"), ("Description", "Ein süßer Fuchs")])
        #expect(Array(file.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        let chunks = Self.chunks(file)
        #expect(chunks.map(\.type) == ["IHDR", "tEXt", "iTXt", "IDAT", "IEND"])
        #expect(chunks[0].data == [0, 0, 1, 44, 0, 0, 0, 2, 8, 2, 0, 0, 0])
        #expect(chunks[1].data == Array("Software\0Atelier".utf8))
        #expect(chunks[2].data == Array("Description\0\0\0\0\0Ein süßer Fuchs".utf8))
        for chunk in chunks {
            let covered = Array(chunk.type.utf8) + chunk.data
            #expect(UInt32(crc32(0, covered, uInt(covered.count))) == chunk.checksum)
        }
        #expect(8 + chunks.reduce(0) { $0 + 12 + $1.data.count } == file.count)
    }

    @Test(
        "a keyword that PNG doesn't allow is refused",
        arguments: ["", " x", "x ", "ü", String(repeating: "k", count: 80)])
    func keywords(keyword: String) {
        #expect(throws: MediaError.self) { try PNG.encode(Canvas(width: 1, height: 1), notes: [(keyword, "x")]) }
    }

    @Test("the same canvas gives the same bytes; large pictures of few colours are small")
    func determinism() throws {
        let canvas = Samples.poster("Once more", width: 640, height: 360)
        let file = try PNG.encode(canvas)
        #expect(try PNG.encode(canvas) == file)
        #expect(file.count < canvas.pixels.count / 20)
    }
}
