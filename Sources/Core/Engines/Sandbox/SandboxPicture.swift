import Media

/// The sandbox's picture: the prompt on a ground whose colours come from the prompt.
struct SandboxPicture: Sendable {
    var prompt: String
    var width: Int
    var height: Int

    struct Palette: Sendable {
        var top: RGB
        var bottom: RGB
        var accent: RGB
    }

    static let palettes = [
        Palette(top: RGB(0x1B2A49), bottom: RGB(0x3E6680), accent: RGB(0xF2B134)),
        Palette(top: RGB(0x2D1E2F), bottom: RGB(0x7A3B69), accent: RGB(0xF7C59F)),
        Palette(top: RGB(0x12372A), bottom: RGB(0x436850), accent: RGB(0xFBFADA)),
        Palette(top: RGB(0x3A1F04), bottom: RGB(0xA4552B), accent: RGB(0xFFE3B3)),
        Palette(top: RGB(0x1F1F3A), bottom: RGB(0x4A4E8C), accent: RGB(0x9FE7E3)),
        Palette(top: RGB(0x2B2B2B), bottom: RGB(0x5C5C5C), accent: RGB(0xFF8A5B)),
    ]

    static func palette(for prompt: String) -> Palette {
        var seed = Fingerprint(prompt)
        return seed.pick(palettes)
    }

    /// Where the bottom line stands.
    static let label = "Atelier sandbox"

    /// - Throws: `EngineError` with `.generationFailed`.
    func png() throws -> [UInt8] {
        do {
            return try PNG.encode(drawn(), notes: [("Software", "Atelier sandbox engine")])
        } catch {
            throw EngineError(.generationFailed, "the sandbox couldn't draw the image", providerDetail: "\(error)")
        }
    }

    func drawn() -> Canvas {
        let palette = Self.palette(for: prompt)
        var canvas = Canvas(width: width, height: height)
        canvas.gradient(from: palette.top, to: palette.bottom, .down, band: max(height / 64, 1))
        Self.decorate(&canvas, palette: palette, prompt: prompt)
        Self.write(prompt, on: &canvas, palette: palette)
        return canvas
    }

    /// A few blocks, placed by the prompt.
    private static func decorate(_ canvas: inout Canvas, palette: Palette, prompt: String) {
        var seed = Fingerprint("blocks \(prompt)")
        let unit = max(min(canvas.width, canvas.height) / 16, 1)
        for part in 1...6 {
            let column = seed.pick(Array(0..<max(canvas.width / unit, 1)))
            let row = seed.pick(Array(0..<max(canvas.height / unit, 1)))
            let color = palette.bottom.mixed(with: palette.accent, part: part, of: 12)
            let size = unit * seed.pick([1, 2, 3])
            canvas.fill(PixelRect(x: column * unit, y: row * unit, width: size, height: size), color)
        }
    }

    /// The prompt in the middle and the sandbox's name at the bottom.
    static func write(_ prompt: String, on canvas: inout Canvas, palette: Palette) {
        let margin = max(min(canvas.width, canvas.height) / 16, 2)
        let scale = max(min(canvas.width, canvas.height) / 180, 1)
        let small = TextStyle(color: palette.accent, scale: max(scale / 2, 1))
        let footer = small.lineHeight + margin
        let box = PixelRect(
            x: margin, y: margin, width: canvas.width - 2 * margin, height: canvas.height - margin - footer)
        canvas.text(prompt, in: box, style: TextStyle(color: .white, scale: scale))
        canvas.fill(
            PixelRect(x: 0, y: canvas.height - footer, width: canvas.width, height: footer), palette.top)
        canvas.text(label, x: margin, y: canvas.height - footer + margin / 2, style: small)
    }
}
