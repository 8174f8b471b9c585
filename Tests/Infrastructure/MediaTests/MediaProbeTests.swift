import Media
import Testing

@Suite struct MediaProbeTests {
    static let images: [(MediaKind, [UInt8], Int, Int)] = [
        (.png, (try? PNG.encode(Samples.poster("x", width: 40, height: 24))) ?? [], 40, 24),
        (.jpeg, Samples.jpeg, 20, 12), (.webp, Samples.webp, 20, 12), (.webp, Samples.losslessWebP, 20, 12),
        (.gif, Samples.gif, 1, 1),
    ]

    @Test("kinds are told by their first bytes")
    func kinds() throws {
        for (kind, bytes, _, _) in Self.images { #expect(MediaProbe.kind(of: bytes) == kind) }
        #expect(MediaProbe.kind(of: try Samples.smallFilm()) == .mp4)
        let webm: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x82, 0x84] + Array("webm".utf8)
        #expect(MediaProbe.kind(of: webm) == .webm)
        #expect(MediaProbe.kind(of: Array(webm.prefix(8)) + Array("matroska".utf8)) == nil)
    }

    @Test("pages, problems, nothing and other formats have no kind")
    func others() {
        #expect(MediaProbe.kind(of: Samples.page) == nil)
        #expect(MediaProbe.kind(of: Array(#"{"error":{"message":"no"}}"#.utf8)) == nil)
        #expect(MediaProbe.kind(of: []) == nil)
        for brand in ["heic", "avif", "M4A ", "qt  "] {
            #expect(MediaProbe.kind(of: [0, 0, 0, 24] + Array("ftyp\(brand)".utf8) + [0, 0, 0, 0]) == nil)
        }
    }

    @Test("every kind has its content type and ending")
    func names() {
        #expect(
            MediaKind.allCases.map(\.contentType) == [
                "image/png", "image/jpeg", "image/webp", "image/gif", "video/mp4", "video/webm",
            ])
        #expect(MediaKind.jpeg.fileExtension == "jpg")
        #expect(MediaKind.allCases.filter(\.isImage) == [.png, .jpeg, .webp, .gif])
    }

    @Test("the size is read from the head of a picture, and whole pictures pass the inspection")
    func sizes() throws {
        for (kind, bytes, width, height) in Self.images {
            #expect(MediaProbe.imageSize(of: bytes) == PixelSize(width: width, height: height))
            let expected = MediaFacts(
                kind: kind, width: width, height: height, durationSeconds: nil, byteCount: UInt64(bytes.count))
            #expect(try MediaProbe.inspect(bytes, expecting: .image) == expected)
            var slowly = MediaInspector(expecting: .image)
            for byte in bytes { try slowly.feed(CollectionOfOne(byte)) }
            #expect(try slowly.finish() == expected)
        }
        #expect(MediaProbe.imageSize(of: Array(Self.images[0].1.prefix(33))) == PixelSize(width: 40, height: 24))
        #expect(MediaProbe.imageSize(of: Array(Self.images[0].1.prefix(20))) == nil)
        #expect(MediaProbe.imageSize(of: try Samples.smallFilm()) == nil)
    }

    @Test("an animated or extended WebP says the size of its canvas")
    func extendedWebP() throws {
        let picture = Array(Samples.webp[12...])
        let extended = Array("VP8X".utf8) + [10, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 49, 0, 0]
        func file(_ body: [UInt8]) -> [UInt8] {
            Array("RIFF".utf8) + [UInt8(body.count + 4), 0, 0, 0] + Array("WEBP".utf8) + body
        }
        let facts = try MediaProbe.inspect(file(extended + picture), expecting: .image)
        #expect(facts.width == 100 && facts.height == 50)
        #expect(throws: MediaError.self) { try MediaProbe.inspect(file(extended), expecting: .image) }
    }

    @Test("a picture that ends anywhere early is refused")
    func truncatedPictures() {
        for (kind, bytes, _, _) in Self.images {
            for length in 0..<bytes.count {
                #expect(throws: MediaError.self, "\(kind) of \(length) bytes") {
                    try MediaProbe.inspect(Array(bytes.prefix(length)), expecting: .image)
                }
            }
        }
    }

    @Test("a PNG with any byte changed is refused")
    func damagedPNG() throws {
        let file = Self.images[0].1
        for at in file.indices {
            var damaged = file
            damaged[at] ^= 0x10
            #expect(throws: MediaError.self, "byte \(at)") { try MediaProbe.inspect(damaged, expecting: .image) }
        }
    }

    @Test("what follows the end of a PNG or WebP is refused, of a JPEG or GIF it is let by")
    func trailing() throws {
        for (kind, bytes, _, _) in Self.images {
            let longer = bytes + Samples.page
            if kind == .png || kind == .webp {
                #expect(throws: MediaError.self) { try MediaProbe.inspect(longer, expecting: .image) }
            } else {
                #expect(try MediaProbe.inspect(longer, expecting: .image).kind == kind)
            }
        }
    }

    @Test("a page that calls itself a film or a picture is refused before it ends")
    func lies() throws {
        for expectation in [MediaInspector.Expectation.image, .video] {
            var inspector = MediaInspector(expecting: expectation)
            #expect { try inspector.feed(Samples.page) } throws: { ($0 as? MediaError)?.code == .unrecognised }
            #expect(throws: MediaError.self, "it stays refused") { try inspector.feed(Samples.jpeg) }
            #expect(throws: MediaError.self) { try inspector.finish() }
        }
        #expect { try MediaProbe.inspect([], expecting: .video) } throws: { ($0 as? MediaError)?.code == .unrecognised }
    }

    @Test("a picture isn't a film, nor a film a picture")
    func mixedUp() throws {
        let film = try Samples.smallFilm()
        #expect { try MediaProbe.inspect(film, expecting: .image) } throws: {
            ($0 as? MediaError)?.code == .unexpectedKind
        }
        #expect { try MediaProbe.inspect(Samples.jpeg, expecting: .video) } throws: {
            ($0 as? MediaError)?.code == .unexpectedKind
        }
        #expect(try MediaProbe.inspect(film, expecting: .video).durationSeconds == 1)
    }
}
