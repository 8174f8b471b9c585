import Czlib

/// Writes PNG files (RFC 2083): eight bits a channel, RGB, no alpha.
package enum PNG {
    /// A note in the file, shown by viewers: `("Software", "Atelier")`. The keyword is 1…79 characters of ASCII.
    package typealias Note = (keyword: String, text: String)

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// The canvas as a whole file. The same canvas and notes give the same bytes.
    ///
    /// - Throws: `MediaError.misuse` for a keyword that PNG doesn't allow; `.tooLarge` when zlib refuses.
    package static func encode(_ canvas: Canvas, notes: [Note] = []) throws(MediaError) -> [UInt8] {
        var file = signature
        var header = bigEndian(UInt32(canvas.width)) + bigEndian(UInt32(canvas.height))
        header += [8, 2, 0, 0, 0]
        append("IHDR", header, to: &file)
        for note in notes {
            try append(note, to: &file)
        }
        append("IDAT", try deflated(filtered(canvas)), to: &file)
        append("IEND", [], to: &file)
        return file
    }

    /// Every row as its difference from the row above: cheap, and nearly all zero for what we draw.
    private static func filtered(_ canvas: Canvas) -> [UInt8] {
        let stride = canvas.width * 3
        let rows = canvas.height
        return [UInt8](unsafeUninitializedCapacity: (stride + 1) * rows) { output, count in
            canvas.pixels.withUnsafeBufferPointer { input in
                guard let source = input.baseAddress, let target = output.baseAddress else { return }
                target[0] = 0
                (target + 1).update(from: source, count: stride)
                var row = 1
                while row < rows {
                    let line = target + row * (stride + 1)
                    let pixel = source + row * stride
                    let above = pixel - stride
                    line[0] = 2
                    var at = 0
                    while at < stride {
                        line[at + 1] = pixel[at] &- above[at]
                        at += 1
                    }
                    row += 1
                }
            }
            count = (stride + 1) * rows
        }
    }

    private static func deflated(_ bytes: [UInt8]) throws(MediaError) -> [UInt8] {
        var result = Z_OK
        let bound = compressBound(uLong(bytes.count))
        let packed = [UInt8](unsafeUninitializedCapacity: Int(bound)) { output, count in
            var length = bound
            result = compress2(output.baseAddress, &length, bytes, uLong(bytes.count), Z_BEST_SPEED)
            count = result == Z_OK ? Int(length) : 0
        }
        guard result == Z_OK else { throw MediaError(.tooLarge, "zlib refused the picture (\(result))") }
        return packed
    }

    /// ASCII goes into tEXt, the rest into iTXt, whose text is UTF-8.
    private static func append(_ note: Note, to file: inout [UInt8]) throws(MediaError) {
        let keyword = Array(note.keyword.utf8)
        let printable = keyword.allSatisfy { (0x20...0x7E).contains($0) }
        guard (1...79).contains(keyword.count), printable, keyword.first != 0x20, keyword.last != 0x20 else {
            throw MediaError(.misuse, "a PNG keyword is 1 to 79 printable characters")
        }
        let text = note.text.utf8.filter { $0 != 0 }
        if text.allSatisfy({ $0 < 0x80 }) {
            append("tEXt", keyword + [0] + text, to: &file)
        } else {
            append("iTXt", keyword + [0, 0, 0, 0, 0] + text, to: &file)
        }
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        file += bigEndian(UInt32(truncatingIfNeeded: data.count))
        let name = Array(type.utf8)
        file += name
        file += data
        file += bigEndian(CRC32.of(data[...], after: CRC32.of(name[...])))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

/// The checksum of PNG chunks, by zlib.
enum CRC32 {
    static func of(_ bytes: ArraySlice<UInt8>, after start: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, !buffer.isEmpty else { return start }
            // A slice held in memory may be longer than the C type counts.
            return UInt32(truncatingIfNeeded: crc32_z(uLong(start), base, buffer.count))
        }
    }
}
