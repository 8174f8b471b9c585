import Media

/// Pictures and films that the suites share, small because debug builds are slow at pixels.
enum Samples {
    static func poster(_ prompt: String, width: Int = 320, height: Int = 180) -> Canvas {
        var canvas = Canvas(width: width, height: height)
        canvas.gradient(from: RGB(0x103050), to: RGB(0xA04020), .down, band: 16)
        canvas.text(prompt, in: canvas.bounds.inset(by: 16), style: TextStyle(color: .white, scale: 2))
        return canvas
    }

    /// A film as the sandbox makes them: a poster, and a bar that moves twice a second.
    static func film(_ spec: FilmSpec) throws -> [UInt8] {
        let poster = poster("A fox in the snow", width: spec.width, height: spec.height)
        return try Film.render(spec) { index in
            guard index % (max(spec.framesPerSecond / 2, 1)) == 0 else { return nil }
            var canvas = poster
            let length = (spec.width - 32) * (index + 1) / spec.frameCount
            canvas.fill(PixelRect(x: 16, y: spec.height - 24, width: length, height: 8), RGB(0xFFCC00))
            return canvas
        }
    }

    /// Some kilobytes that have every box.
    static func smallFilm(seconds: Int = 1) throws -> [UInt8] {
        var spec = FilmSpec(width: 48, height: 32, seconds: seconds, framesPerSecond: 4)
        spec.keyInterval = 1
        return try film(spec)
    }

    /// A baseline JPEG of 20 by 12, made with ffmpeg.
    static let jpeg = bytes(
        """
        ffd8ffe000104a46494600010200000100010000ffdb0043000828282f282f37\
        3737373737413c414343434141414143434348484855555548484843434848505055555c5f5c575755575f5f646464787873\
        738c8c91acaccfffc40078000101010100000000000000000000000006050307010101010100000000000000000000000006\
        040503100001020406030101000000000000000001020300121104614131b113a18222213432110002010302040407010000\
        000000000002011103210012225171310413414234b18281b22373c161ffc0001108000c001403011200021200031200ffda\
        000c03010002110311003f001b6c071139cf4ea28dbbb568895028a1a0c212d0576ffc8c3b4a96a27f92a2b2e851fccd8ede\
        a178da3d2808beac855f945b9bcea22aa9af436277a7b5ed6169e1bb1637f8d3e5baa30a4f6c9554a7faf54fc4ea72823ddf\
        bca9f2fda39b75aaf85dc1868a671a7718ea3765d5e1af3a1fb43e39000692a5b89cd415b9cc5faae0f3aada92a6504e3d13\
        10996266d2791c4d46895506d15a7293795b730e12b2b2b2e989ea531a46423d26794de14795ed9a0eb36ca401c110cb52f6\
        934a6fc167ffd9
        """)

    /// Lossy and lossless WebP of 20 by 12, made with ffmpeg.
    static let webp = bytes(
        """
        524946464800000057454250565038203c0000001003009d012a14000c003e91389747a5a32221300800b01209401765d000\
        10360000feeed3dffe0375f16d32fff7381ff7381ff7381fc73359800000
        """)
    static let losslessWebP = bytes(
        "524946461c000000574542505650384c0f0000002f13c002000710f58ffe0722a2ff0100")

    /// A GIF of one pixel.
    static let gif = bytes(
        "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002014400" + "3b")

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static let page: [UInt8] = Array(
        "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>ftyp moov mdat</body></html>".utf8)
}

/// Repeatable chance for the suites that damage files.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
