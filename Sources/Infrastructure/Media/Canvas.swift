/// A colour of eight bits a channel.
package struct RGB: Sendable, Hashable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// As in a style sheet: `RGB(0x1F2937)`.
    package init(_ hex: UInt32) {
        self.init(
            red: UInt8(truncatingIfNeeded: hex >> 16), green: UInt8(truncatingIfNeeded: hex >> 8),
            blue: UInt8(truncatingIfNeeded: hex))
    }

    package static let black = RGB(0x000000)
    package static let white = RGB(0xFFFFFF)

    /// The colour `part`/`whole` of the way to `other`; both ends included.
    package func mixed(with other: RGB, part: Int, of whole: Int) -> RGB {
        guard whole > 0 else { return self }
        let part = min(max(part, 0), whole)
        func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
            UInt8(clamping: (Int(from) * (whole - part) + Int(to) * part + whole / 2) / whole)
        }
        return RGB(
            red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }
}

/// A rectangle in pixels, the origin at the top left. It may reach outside of a canvas: drawing is clipped.
package struct PixelRect: Sendable, Hashable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The same rectangle with `margin` less on each side.
    package func inset(by margin: Int) -> PixelRect {
        PixelRect(x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
    }
}

/// A raster of RGB pixels, row by row from the top left, three bytes a pixel. The same calls give the same bytes.
package struct Canvas: Sendable, Equatable {
    /// The longest side that a canvas may have.
    package static let maximumSide = 8192

    package enum Direction: Sendable {
        case down, across
    }

    package let width: Int
    package let height: Int
    package private(set) var pixels: [UInt8]

    /// A canvas of one colour. Sides outside of 1…`maximumSide` are brought to the nearest that is allowed.
    package init(width: Int, height: Int, fill color: RGB = .black) {
        self.width = min(max(width, 1), Self.maximumSide)
        self.height = min(max(height, 1), Self.maximumSide)
        pixels = [UInt8](repeating: 0, count: self.width * self.height * 3)
        fill(color)
    }

    package var bounds: PixelRect { PixelRect(x: 0, y: 0, width: width, height: height) }

    /// The colour of a pixel, which must lie in the canvas.
    package subscript(x: Int, y: Int) -> RGB {
        let at = (y * width + x) * 3
        return RGB(red: pixels[at], green: pixels[at + 1], blue: pixels[at + 2])
    }

    package mutating func fill(_ color: RGB) {
        fill(bounds, color)
    }

    package mutating func fill(_ rect: PixelRect, _ color: RGB) {
        fill(rect, color, clip: bounds)
    }

    /// Fills what of `rect` lies both in `clip` and in the canvas.
    package mutating func fill(_ rect: PixelRect, _ color: RGB, clip: PixelRect) {
        guard let columns = span(rect.x, rect.width, clip.x, clip.width, limit: width),
            let rows = span(rect.y, rect.height, clip.y, clip.height, limit: height)
        else { return }
        let stride = width * 3
        let from = columns.lowerBound * 3
        let count = columns.count * 3
        pixels.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let first = base + rows.lowerBound * stride + from
            var at = 0
            while at < count {
                first[at] = color.red
                first[at + 1] = color.green
                first[at + 2] = color.blue
                at += 3
            }
            var row = rows.lowerBound + 1
            while row < rows.upperBound {
                (base + row * stride + from).update(from: first, count: count)
                row += 1
            }
        }
    }

    /// A frame of `thickness` pixels inside of `rect`.
    package mutating func stroke(_ rect: PixelRect, _ color: RGB, thickness: Int = 1) {
        let thick = min(max(thickness, 0), rect.width, rect.height)
        fill(PixelRect(x: rect.x, y: rect.y, width: rect.width, height: thick), color)
        fill(PixelRect(x: rect.x, y: rect.y + rect.height - thick, width: rect.width, height: thick), color)
        fill(PixelRect(x: rect.x, y: rect.y, width: thick, height: rect.height), color)
        fill(PixelRect(x: rect.x + rect.width - thick, y: rect.y, width: thick, height: rect.height), color)
    }

    /// A linear gradient over the canvas, in bands of `band` pixels. Bands of 16 are what a film stores best.
    package mutating func gradient(from: RGB, to: RGB, _ direction: Direction = .down, band: Int = 1) {
        gradient(bounds, from: from, to: to, direction, band: band)
    }

    package mutating func gradient(
        _ rect: PixelRect, from: RGB, to: RGB, _ direction: Direction = .down, band: Int = 1
    ) {
        let length = min(direction == .down ? rect.height : rect.width, Self.maximumSide)
        let band = min(max(band, 1), Self.maximumSide)
        guard length > 0 else { return }
        let last = (length - 1) / band
        for index in 0...last {
            let color = from.mixed(with: to, part: index, of: last)
            let offset = index * band
            let size = min(band, length - offset)
            switch direction {
            case .down:
                fill(PixelRect(x: rect.x, y: rect.y + offset, width: rect.width, height: size), color)
            case .across:
                fill(PixelRect(x: rect.x + offset, y: rect.y, width: size, height: rect.height), color)
            }
        }
    }

    /// Where two spans and 0..<limit overlap; nil when they don't. Sums that would overflow saturate.
    private func span(_ start: Int, _ length: Int, _ clipStart: Int, _ clipLength: Int, limit: Int) -> Range<Int>? {
        func end(_ start: Int, _ length: Int) -> Int {
            let (sum, overflow) = start.addingReportingOverflow(length)
            return overflow ? (length > 0 ? Int.max : Int.min) : sum
        }
        let low = max(start, clipStart, 0)
        let high = min(end(start, length), end(clipStart, clipLength), limit)
        return low < high ? low..<high : nil
    }
}
