/// A picture as H.264 has it: luma and half-size chroma planes, cut into macroblocks of 16 by 16 luma samples.
///
/// The samples of a macroblock lie together (256 luma, 64 Cb, 64 Cr), in the order in which I_PCM sends them.
struct Picture {
    static let blockBytes = 384

    let width: Int
    let height: Int
    let blocksAcross: Int
    let blocksDown: Int
    private(set) var samples: [UInt8]
    private var source: [UInt8] = []

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        blocksAcross = (width + 15) / 16
        blocksDown = (height + 15) / 16
        samples = [UInt8](repeating: 0, count: blocksAcross * blocksDown * Self.blockBytes)
    }

    var blockCount: Int { blocksAcross * blocksDown }

    /// Takes over a canvas of the same size and tells which macroblocks look different from before.
    mutating func update(from canvas: Canvas) -> [Bool] {
        var changed = [Bool](repeating: source.isEmpty, count: blockCount)
        if !source.isEmpty { compare(canvas, &changed) }
        source = canvas.pixels
        let converter = BlockConverter(width: width, height: height, blocksAcross: blocksAcross)
        source.withUnsafeBufferPointer { rgb in
            samples.withUnsafeMutableBufferPointer { samples in
                for block in changed.indices where changed[block] {
                    converter.convert(rgb, block: block, into: samples)
                }
            }
        }
        return changed
    }

    /// Marks the macroblocks under pixels that differ, eight bytes at a time.
    private func compare(_ canvas: Canvas, _ changed: inout [Bool]) {
        let stride = width * 3
        source.withUnsafeBytes { old in
            canvas.pixels.withUnsafeBytes { new in
                for y in 0..<height {
                    let row = y * stride
                    for column in 0..<blocksAcross where !changed[(y / 16) * blocksAcross + column] {
                        let end = row + min((column + 1) * 48, stride)
                        var at = row + column * 48
                        var same = true
                        while same, at + 8 <= end {
                            same =
                                old.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                                == new.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                            at += 8
                        }
                        while same, at < end {
                            same = old[at] == new[at]
                            at += 1
                        }
                        if !same { changed[(y / 16) * blocksAcross + column] = true }
                    }
                }
            }
        }
    }

    // MARK: Prediction

    /// How the samples of a plane follow from those of a neighbour without any residual.
    enum Prediction {
        /// Every row is the bottom row of the macroblock above.
        case vertical
        /// Every column is the right column of the macroblock to the left.
        case horizontal
    }

    /// The prediction that gives exactly the block's samples in a plane of `side` by `side`, `offset` bytes into
    /// the block; nil when none does.
    func prediction(of block: Int, side: Int, offset: Int) -> Prediction? {
        samples.withUnsafeBufferPointer { samples in
            let here = block * Self.blockBytes + offset
            if block % blocksAcross > 0 {
                let left = here - Self.blockBytes + side - 1
                if matches(samples, here, side, from: left, alongRow: side, alongColumn: 0) { return .horizontal }
            }
            if block >= blocksAcross {
                let above = here - blocksAcross * Self.blockBytes + (side - 1) * side
                if matches(samples, here, side, from: above, alongRow: 0, alongColumn: 1) { return .vertical }
            }
            return nil
        }
    }

    private func matches(
        _ samples: UnsafeBufferPointer<UInt8>, _ here: Int, _ side: Int, from edge: Int, alongRow: Int, alongColumn: Int
    ) -> Bool {
        var row = 0
        while row < side {
            var column = 0
            while column < side {
                if samples[here + row * side + column] != samples[edge + row * alongRow + column * alongColumn] {
                    return false
                }
                column += 1
            }
            row += 1
        }
        return true
    }
}

/// From RGB to the samples of one macroblock.
struct BlockConverter {
    let width: Int
    let height: Int
    let blocksAcross: Int

    /// ITU-R BT.709, limited range, in 16-bit fixed point. Pixels beyond the edge repeat the last one.
    func convert(
        _ rgb: UnsafeBufferPointer<UInt8>, block: Int, into samples: UnsafeMutableBufferPointer<UInt8>
    ) {
        let left = (block % blocksAcross) * 16
        let top = (block / blocksAcross) * 16
        let base = block * Picture.blockBytes
        var y = 0
        while y < 16 {
            var x = 0
            while x < 16 {
                var red = 0
                var green = 0
                var blue = 0
                var corner = 0
                while corner < 4 {
                    let column = x + (corner & 1)
                    let row = y + (corner >> 1)
                    let at = (min(top + row, height - 1) * width + min(left + column, width - 1)) * 3
                    let r = Int(rgb[at])
                    let g = Int(rgb[at + 1])
                    let b = Int(rgb[at + 2])
                    let luma = (11966 * r + 40254 * g + 4064 * b + 32768) >> 16
                    samples[base + row * 16 + column] = UInt8(truncatingIfNeeded: luma + 16)
                    red += r
                    green += g
                    blue += b
                    corner += 1
                }
                let cb = (-6596 * red - 22189 * green + 28784 * blue + 131_072) >> 18
                let cr = (28784 * red - 26145 * green - 2639 * blue + 131_072) >> 18
                let chroma = base + 256 + (y / 2) * 8 + x / 2
                samples[chroma] = UInt8(truncatingIfNeeded: cb + 128)
                samples[chroma + 64] = UInt8(truncatingIfNeeded: cr + 128)
                x += 2
            }
            y += 2
        }
    }
}
