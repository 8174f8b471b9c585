import Media

/// The sandbox's film: the prompt stands, a block wanders and a bar grows with the time.
struct SandboxFilm: Sendable {
    var prompt: String
    var seconds: Int
    var aspect: AspectRatio
    var framesPerSecond: Int

    static let usualFramesPerSecond = 24
    /// How often in a second the picture changes.
    private static let changesPerSecond = 6
    /// The side of what moves, in pixels: as large as a macroblock, so that the film stays small.
    private static let block = 16

    /// Width and height in pixels.
    static func size(of aspect: AspectRatio) -> (width: Int, height: Int) {
        switch aspect {
        case .landscape: (640, 360)
        case .portrait: (360, 640)
        case .square: (480, 480)
        }
    }

    /// The whole file, MP4 with H.264.
    /// - Throws: `EngineError` with `.generationFailed`.
    func mp4() throws -> [UInt8] {
        let (width, height) = Self.size(of: aspect)
        var spec = FilmSpec(width: width, height: height, seconds: seconds, framesPerSecond: framesPerSecond)
        spec.keyInterval = 5
        let palette = SandboxPicture.palette(for: prompt)
        let ground = ground(width: width, height: height, palette: palette)
        let step = max(framesPerSecond / Self.changesPerSecond, 1)
        do {
            return try Film.render(spec) { index in
                guard index % step == 0 else { return nil }
                var canvas = ground
                draw(frame: index, of: spec.frameCount, on: &canvas, palette: palette)
                return canvas
            }
        } catch {
            throw EngineError(.generationFailed, "the sandbox couldn't draw the film", providerDetail: "\(error)")
        }
    }

    private func ground(width: Int, height: Int, palette: SandboxPicture.Palette) -> Canvas {
        var canvas = Canvas(width: width, height: height)
        canvas.gradient(from: palette.top, to: palette.bottom, .down, band: Self.block)
        SandboxPicture.write(prompt, on: &canvas, palette: palette)
        return canvas
    }

    private func draw(frame index: Int, of count: Int, on canvas: inout Canvas, palette: SandboxPicture.Palette) {
        let block = Self.block
        let columns = canvas.width / block
        let done = (index + 1) * columns / max(count, 1)
        canvas.fill(PixelRect(x: 0, y: 0, width: done * block, height: block / 2), palette.accent)
        let track = max(columns - 2, 1)
        let position = index / max(framesPerSecond / Self.changesPerSecond, 1) % (2 * track)
        let column = position < track ? position : 2 * track - position
        let row = (canvas.height / block - 2) * block
        canvas.fill(PixelRect(x: column * block, y: row, width: 2 * block, height: block), palette.accent)
    }
}
