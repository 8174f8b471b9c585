/// How text is drawn: colour, the size of a font pixel, and where it stands in its box.
package struct TextStyle: Sendable, Hashable {
    package enum Alignment: Sendable {
        case leading, center
    }

    package var color: RGB
    /// Canvas pixels for a pixel of the font, 1…64: a letter is `6 * scale` wide and a line `10 * scale` high.
    package var scale: Int
    package var alignment: Alignment

    package init(color: RGB, scale: Int = 1, alignment: Alignment = .leading) {
        self.color = color
        self.scale = min(max(scale, 1), 64)
        self.alignment = alignment
    }

    /// From one letter to the next, in canvas pixels.
    package var advance: Int { BitmapFont.advance * scale }
    /// From one line to the next, in canvas pixels.
    package var lineHeight: Int { BitmapFont.lineHeight * scale }
}

extension Canvas {
    /// Draws one line with its top left at `x`, `y`; what lies outside of `clip` or the canvas isn't drawn.
    package mutating func text(_ text: String, x: Int, y: Int, style: TextStyle, clip: PixelRect? = nil) {
        draw(BitmapFont.ascii(text), x: x, y: y, style: style, clip: clip ?? bounds)
    }

    /// Draws text in a box: wrapped at words, a word longer than a line is broken, what doesn't fit is
    /// cut and marked with three dots. Returns the height that was used, in pixels.
    @discardableResult
    package mutating func text(_ text: String, in box: PixelRect, style: TextStyle) -> Int {
        let columns = box.width / style.advance
        let rows = box.height / style.lineHeight
        guard columns > 0, rows > 0 else { return 0 }
        let lines = TextLayout.lines(BitmapFont.ascii(text), columns: columns, rows: rows)
        for (index, line) in lines.enumerated() {
            let room = box.width - line.count * style.advance
            let indent = style.alignment == .center ? max(room / 2, 0) : 0
            draw(line, x: box.x + indent, y: box.y + index * style.lineHeight, style: style, clip: box)
        }
        return lines.count * style.lineHeight
    }

    private mutating func draw(_ characters: [UInt8], x: Int, y: Int, style: TextStyle, clip: PixelRect) {
        var x = x
        for character in characters {
            if x >= width { return }
            let glyph = BitmapFont.glyph(character)
            for row in 0..<BitmapFont.glyphHeight {
                drawRow(
                    UInt8(truncatingIfNeeded: glyph >> UInt64((BitmapFont.glyphHeight - 1 - row) * 8)),
                    x: x, y: y + row * style.scale, style: style, clip: clip)
            }
            x += style.advance
        }
    }

    /// One row of a glyph; neighbouring pixels become one rectangle.
    private mutating func drawRow(_ bits: UInt8, x: Int, y: Int, style: TextStyle, clip: PixelRect) {
        var column = 0
        while column < BitmapFont.glyphWidth {
            var run = 0
            while column + run < BitmapFont.glyphWidth, bits & (0x10 >> UInt8(column + run)) != 0 { run += 1 }
            if run > 0 {
                let rect = PixelRect(
                    x: x + column * style.scale, y: y, width: run * style.scale, height: style.scale)
                fill(rect, style.color, clip: clip)
            }
            column += max(run, 1)
        }
    }
}

/// Breaks text into lines of a fixed number of columns.
enum TextLayout {
    private static let space = UInt8(ascii: " ")
    private static let newline = UInt8(ascii: "\n")

    /// At most `rows` lines of at most `columns` characters.
    static func lines(_ text: [UInt8], columns: Int, rows: Int) -> [[UInt8]] {
        guard columns > 0, rows > 0 else { return [] }
        var lines: [[UInt8]] = []
        for paragraph in text.split(separator: newline, omittingEmptySubsequences: false) {
            var line: [UInt8] = []
            for word in paragraph.split(separator: space) {
                var word = word
                if !line.isEmpty, line.count + 1 + word.count <= columns {
                    line.append(space)
                } else if !line.isEmpty {
                    lines.append(line)
                    line = []
                }
                while word.count > columns, lines.count <= rows {
                    lines.append(Array(word.prefix(columns)))
                    word = word.dropFirst(columns)
                }
                line += word
                if lines.count > rows { return cut(lines, columns: columns, rows: rows) }
            }
            lines.append(line)
        }
        return lines.count > rows ? cut(lines, columns: columns, rows: rows) : lines
    }

    private static func cut(_ lines: [[UInt8]], columns: Int, rows: Int) -> [[UInt8]] {
        var kept = Array(lines.prefix(rows))
        let dots = [UInt8](repeating: UInt8(ascii: "."), count: min(3, columns))
        if let last = kept.popLast() {
            kept.append(last.prefix(columns - dots.count) + dots)
        }
        return kept
    }
}
