import Foundation  // tidy: allow foundation — Process runs ffprobe and ffmpeg
import Media
import Testing

/// What others make of our films. `ffprobe` and `ffmpeg` come from the package `ffmpeg`.
@Suite(.enabled(if: MediaTool.areInstalled, "ffmpeg isn't installed"))
struct FilmPlaybackTests {
    @Test(
        "ffprobe reads codec, size and duration, and ffmpeg decodes without a complaint",
        arguments: [(640, 360, 1), (360, 640, 4), (480, 480, 5), (640, 360, 8), (322, 182, 12), (320, 180, 60)])
    func decodes(width: Int, height: Int, seconds: Int) throws {
        let spec = FilmSpec(width: width, height: height, seconds: seconds)
        try MediaTool.with(Samples.film(spec)) { path in
            let probe = try MediaTool.run(
                "ffprobe", "-v", "error", "-count_frames", "-show_entries",
                "stream=codec_name,profile,width,height,r_frame_rate,nb_read_frames:format=duration",
                "-of", "default=noprint_wrappers=1", path)
            let lines = Set(probe.split(separator: "\n").map(String.init))
            let expected: Set<String> = [
                "codec_name=h264", "profile=Constrained Baseline", "width=\(width)", "height=\(height)",
                "r_frame_rate=24/1", "nb_read_frames=\(spec.frameCount)", "duration=\(seconds).000000",
            ]
            #expect(lines == expected)
            #expect(try MediaTool.run("ffmpeg", "-v", "error", "-i", path, "-f", "null", "-") == "")
        }
    }

    @Test("a decoder gets every sample that the frames have, also beyond key frames and at cropped edges")
    func isExact() throws {
        var spec = FilmSpec(width: 70, height: 50, seconds: 4, framesPerSecond: 5)
        spec.keyInterval = 2
        var frames: [Canvas] = []
        var canvas = Canvas(width: 70, height: 50)
        canvas.gradient(from: RGB(0x0000FF), to: RGB(0xFF8000), .across)
        var chance = SplitMix(state: 7)
        let film = try Film.render(spec) { index in
            if index % 3 != 1 {
                for _ in 0..<6 {
                    let rect = PixelRect(
                        x: .random(in: 0..<70, using: &chance), y: .random(in: 0..<50, using: &chance), width: 9,
                        height: 7)
                    canvas.fill(rect, RGB(UInt32.random(in: 0...0xFFFFFF, using: &chance)))
                }
            }
            frames.append(canvas)
            return index % 3 == 1 ? nil : canvas
        }
        try MediaTool.with(film) { path in
            let raw = path + ".yuv"
            defer { try? FileManager.default.removeItem(atPath: raw) }
            let words = try MediaTool.run(
                "ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "yuv420p", raw)
            #expect(words == "")
            let decoded = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw)))
            let frameBytes = 70 * 50 * 3 / 2
            try #require(decoded.count == frameBytes * frames.count)
            for (index, frame) in frames.enumerated() {
                let worst = zip(decoded[(index * frameBytes)...], Self.planes(frame))
                    .reduce(0.0) { max($0, abs(Double($1.0) - $1.1)) }
                #expect(worst <= 0.51, "frame \(index)")
            }
        }
    }

    @Test("ffmpeg reads the picture that PNG wrote")
    func picture() throws {
        let canvas = Samples.poster("PNG", width: 64, height: 40)
        try MediaTool.with(PNG.encode(canvas, notes: [("Software", "Atelier")])) { path in
            let raw = path + ".rgb"
            defer { try? FileManager.default.removeItem(atPath: raw) }
            let words = try MediaTool.run(
                "ffmpeg", "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", raw)
            #expect(words == "")
            #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: raw))) == canvas.pixels)
        }
    }

    /// BT.709 in limited range, from its definition.
    private static func planes(_ canvas: Canvas) -> [Double] {
        func components(_ color: RGB) -> (y: Double, cb: Double, cr: Double) {
            let (r, g, b) = (Double(color.red) / 255, Double(color.green) / 255, Double(color.blue) / 255)
            let y = 0.2126 * r + 0.7152 * g + 0.0722 * b
            return (16 + 219 * y, 128 + 224 * (b - y) / 1.8556, 128 + 224 * (r - y) / 1.5748)
        }
        var luma: [Double] = []
        var cb: [Double] = []
        var cr: [Double] = []
        for y in 0..<canvas.height {
            for x in 0..<canvas.width { luma.append(components(canvas[x, y]).y) }
        }
        for y in stride(from: 0, to: canvas.height, by: 2) {
            for x in stride(from: 0, to: canvas.width, by: 2) {
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map { components(canvas[x + $0.0, y + $0.1]) }
                cb.append(four.reduce(0) { $0 + $1.cb } / 4)
                cr.append(four.reduce(0) { $0 + $1.cr } / 4)
            }
        }
        return luma + cb + cr
    }
}

/// Programs that judge media, found by name.
enum MediaTool {
    static let areInstalled: Bool = {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return ["ffprobe", "ffmpeg", "timeout"].allSatisfy { name in
            folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
        }
    }()

    /// Gives the bytes a file for as long as `body` runs.
    static func with(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID().uuidString)")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(file.path)
    }

    /// What the program says on both outputs; it must end well within two minutes.
    static func run(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "120"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: said, as: UTF8.self)
    }
}
