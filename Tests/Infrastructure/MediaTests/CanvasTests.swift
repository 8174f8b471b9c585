import Testing

@testable import Media

@Suite struct CanvasTests {
    @Test("rectangles are clipped at every edge and by their clip")
    func clipping() {
        var canvas = Canvas(width: 8, height: 6, fill: RGB(0x010203))
        canvas.fill(PixelRect(x: -3, y: -3, width: 5, height: 5), .white)
        canvas.fill(PixelRect(x: 6, y: 4, width: 100, height: 100), RGB(0xFF0000))
        canvas.fill(PixelRect(x: 20, y: 20, width: 5, height: 5), .white)
        canvas.fill(PixelRect(x: Int.max, y: 0, width: Int.max, height: 1), .white)
        canvas.fill(PixelRect(x: 0, y: 0, width: -1, height: Int.min), .white)
        canvas.fill(canvas.bounds, RGB(0x00FF00), clip: PixelRect(x: 3, y: 3, width: 1, height: 1))
        var seen: [RGB: Int] = [:]
        for y in 0..<6 { for x in 0..<8 { seen[canvas[x, y], default: 0] += 1 } }
        #expect(seen == [.white: 4, RGB(0xFF0000): 4, RGB(0x00FF00): 1, RGB(0x010203): 39])
        #expect(canvas[1, 1] == .white)
        #expect(canvas[6, 4] == RGB(0xFF0000))
        #expect(canvas[3, 3] == RGB(0x00FF00))
    }

    @Test("sides that can't be are brought into bounds")
    func sides() {
        let canvas = Canvas(width: -5, height: 0)
        #expect(canvas.width == 1 && canvas.height == 1 && canvas.pixels.count == 3)
    }

    @Test("a gradient goes from the one colour to the other, in bands")
    func gradient() {
        var canvas = Canvas(width: 4, height: 64)
        canvas.gradient(from: .black, to: .white, .down)
        #expect(canvas[0, 0] == .black && canvas[3, 63] == .white)
        #expect(canvas[0, 20].red < canvas[0, 40].red)
        canvas.gradient(from: .black, to: .white, .down, band: 16)
        #expect(canvas[0, 15] == canvas[0, 0] && canvas[0, 16] != canvas[0, 15])
        var wide = Canvas(width: 64, height: 4)
        wide.gradient(from: .black, to: .white, .across)
        #expect(wide[0, 3] == .black && wide[63, 0] == .white)
    }

    @Test("a frame is as thick as asked")
    func stroke() {
        var canvas = Canvas(width: 10, height: 10)
        canvas.stroke(PixelRect(x: 1, y: 1, width: 8, height: 8), .white, thickness: 2)
        #expect(canvas[0, 0] == .black && canvas[1, 1] == .white && canvas[2, 2] == .white && canvas[3, 3] == .black)
        #expect(canvas[8, 8] == .white && canvas[9, 9] == .black)
    }

    @Test("another prompt gives other pixels, the same prompt the same")
    func prompts() {
        let fox = Samples.poster("A fox in the snow")
        #expect(fox == Samples.poster("A fox in the snow"))
        #expect(fox.pixels != Samples.poster("A fox in the show").pixels)
        #expect(fox.pixels != Samples.poster("").pixels)
    }

    @Test("every printable character of ASCII has a glyph of its own")
    func glyphs() {
        let glyphs = (UInt8(0x20)...0x7E).map(BitmapFont.glyph)
        #expect(Set(glyphs).count == 95)
        #expect(BitmapFont.glyph(0x20) == 0)
        let outside = glyphs.contains { glyph in
            (0..<8).contains { (glyph >> UInt64($0 * 8)) & 0xE0 != 0 }
        }
        #expect(!outside, "a glyph is five dots wide")
        #expect(!glyphs.contains(BitmapFont.glyph(BitmapFont.missing)))
        #expect(BitmapFont.glyph(0xFF) == BitmapFont.glyph(BitmapFont.missing))
    }

    @Test("accents fall away, marks have plain forms, and what the font lacks is a frame")
    func transliteration() {
        func ascii(_ text: String) -> [UInt8] { BitmapFont.ascii(text) }
        #expect(ascii("Crème brûlée, Łódź, Größe, İstanbul") == Array("Creme brulee, Lodz, Grosse, Istanbul".utf8))
        #expect(ascii("“Ça va…” — 5 €") == Array("\"Ca va...\" -- 5 EUR".utf8))
        #expect(ascii("e\u{301}a\u{200B}b\u{7}") == Array("eab".utf8))
        #expect(ascii("日本") == [BitmapFont.missing, BitmapFont.missing])
        #expect(ascii("a\tb\r\nc\rd\u{2028}e") == Array("a b\nc\nd\ne".utf8))
    }

    @Test("words wrap, long words break, and what doesn't fit ends in dots")
    func layout() {
        func lines(_ text: String, _ columns: Int, _ rows: Int) -> [String] {
            TextLayout.lines(Array(text.utf8), columns: columns, rows: rows)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(lines("the quick brown fox", 9, 5) == ["the quick", "brown fox"])
        #expect(lines("a  b\n\nc", 9, 5) == ["a b", "", "c"])
        #expect(lines("abcdefghij", 4, 5) == ["abcd", "efgh", "ij"])
        #expect(lines("to abcdefgh", 4, 5) == ["to", "abcd", "efgh"])
        #expect(lines("one two three four", 5, 2) == ["one", "tw..."])
        #expect(lines("abcd", 4, 0) == [])
        #expect(lines("", 4, 2) == [""])
    }

    @Test("text stays in its box")
    func box() {
        var canvas = Canvas(width: 60, height: 40)
        let box = PixelRect(x: 10, y: 10, width: 30, height: 20)
        let height = canvas.text("Word after word after word", in: box, style: TextStyle(color: .white))
        #expect(height == 20)
        var outside = 0
        var inside = 0
        for y in 0..<40 {
            for x in 0..<60 where canvas[x, y] != .black {
                if (10..<40).contains(x), (10..<30).contains(y) { inside += 1 } else { outside += 1 }
            }
        }
        #expect(outside == 0)
        #expect(inside > 50)
        #expect(canvas.text("x", in: PixelRect(x: 0, y: 0, width: 3, height: 3), style: TextStyle(color: .white)) == 0)
    }

    @Test("a larger scale draws the same glyph in larger dots")
    func scale() {
        var small = Canvas(width: 6, height: 8)
        var large = Canvas(width: 18, height: 24)
        small.text("R", x: 0, y: 0, style: TextStyle(color: .white))
        large.text("R", x: 0, y: 0, style: TextStyle(color: .white, scale: 3))
        for y in 0..<24 {
            for x in 0..<18 where large[x, y] != small[x / 3, y / 3] { Issue.record("differs at \(x), \(y)") }
        }
    }
}
