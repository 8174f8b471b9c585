/// What a film is to be: sides in pixels, whole seconds, and frames a second.
package struct FilmSpec: Sendable, Hashable {
    package static let maximumSeconds = 120

    /// Even, 16…1920.
    package var width: Int
    /// Even, 16…1920.
    package var height: Int
    /// 1…`maximumSeconds`.
    package var seconds: Int
    /// 1…60.
    package var framesPerSecond: Int
    /// From one frame that can be sought to the next, in seconds; 1…10.
    package var keyInterval = 2

    package init(width: Int, height: Int, seconds: Int, framesPerSecond: Int = 24) {
        self.width = width
        self.height = height
        self.seconds = seconds
        self.framesPerSecond = framesPerSecond
    }

    package var frameCount: Int { seconds * framesPerSecond }

    /// - Throws: `MediaError.misuse` when a value is out of its range.
    package func validate() throws(MediaError) {
        guard (16...1920).contains(width), (16...1920).contains(height), width % 2 == 0, height % 2 == 0 else {
            throw MediaError(.misuse, "a film has even sides of 16 to 1920 pixels, not \(width)x\(height)")
        }
        guard (1...Self.maximumSeconds).contains(seconds) else {
            throw MediaError(.misuse, "a film lasts 1 to \(Self.maximumSeconds) seconds, not \(seconds)")
        }
        guard (1...60).contains(framesPerSecond), (1...10).contains(keyInterval) else {
            throw MediaError(.misuse, "a film has 1 to 60 frames a second and a key frame every 1 to 10 seconds")
        }
    }
}

/// Makes films: H.264 in MP4, the index first, so that a player starts before it has all.
package enum Film {
    /// What a film may weigh; beyond that the render ends with `MediaError.tooLarge`.
    package static let maximumBytes = 128 << 20

    /// Asks for every frame in turn and returns the whole file. The same frames give the same bytes.
    ///
    /// The work is in proportion to the frames that are drawn and the macroblocks that change: return nil wherever
    /// nothing does. It computes for some tens of milliseconds and belongs off the cooperative pool.
    ///
    /// - Parameter frame: the picture of a frame (0-based), of the film's size; nil means "as before". Nil at
    ///   frame 0 is a black picture.
    /// - Throws: `MediaError.misuse` for a specification or a canvas size that can't be, `.tooLarge`, and whatever
    ///   `frame` throws.
    package static func render(_ spec: FilmSpec, frame: (Int) throws -> Canvas?) throws -> [UInt8] {
        try spec.validate()
        var encoder = H264(width: spec.width, height: spec.height, framesPerSecond: spec.framesPerSecond)
        var track = MP4Track(spec: spec)
        for index in 0..<spec.frameCount {
            var canvas = try frame(index)
            if let canvas, canvas.width != spec.width || canvas.height != spec.height {
                throw MediaError(.misuse, "frame \(index) is \(canvas.width)x\(canvas.height)")
            }
            if index == 0, canvas == nil { canvas = Canvas(width: spec.width, height: spec.height) }
            let isKey = index % (spec.framesPerSecond * spec.keyInterval) == 0
            track.append(encoder.frame(canvas, isKey: isKey), isKey: isKey)
            guard track.media.count <= maximumBytes else {
                throw MediaError(.tooLarge, "the film is over \(maximumBytes >> 20) MiB at frame \(index)")
            }
        }
        return track.file(
            configuration: AVCConfiguration(
                level: encoder.level, sequenceParameters: encoder.sequenceParameterSet(),
                pictureParameters: encoder.pictureParameterSet()))
    }
}
