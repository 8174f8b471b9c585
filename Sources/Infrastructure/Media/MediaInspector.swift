/// Inspects an image or a film while it streams by, holding no more than the index of the film
/// (`MP4Inspector.maximumIndexBytes`). Feed it everything, then ask what it was.
///
///     var inspector = MediaInspector(expecting: .video)
///     for try await chunk in body { try inspector.feed(chunk.readableBytesView) }
///     let facts = try inspector.finish()
package struct MediaInspector: Sendable {
    package enum Expectation: Sendable {
        case image, video
    }

    private let expectation: Expectation
    private var head: [UInt8] = []
    private var stream: (any MediaStream)?
    private var failure: MediaError?

    package init(expecting expectation: Expectation) {
        self.expectation = expectation
    }

    /// Takes the next bytes, in pieces of any size. After it has thrown, it throws the same for every further call.
    ///
    /// - Throws: `MediaError` as soon as the bytes are known to be wrong, so that a download can end early.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(MediaError) {
        if let failure { throw failure }
        do throws(MediaError) {
            try take(Array(bytes)[...])
        } catch {
            failure = error
            throw error
        }
    }

    /// What the bytes were.
    ///
    /// - Throws: `MediaError.truncated` when they end too early, or what else is wrong with them.
    package mutating func finish() throws(MediaError) -> MediaFacts {
        if let failure { throw failure }
        do throws(MediaError) {
            if stream == nil { try decide() }
            guard let facts = try stream?.finish() else { throw Self.unrecognised }
            return facts
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        if stream != nil {
            try stream?.feed(bytes)
            return
        }
        head += bytes
        if head.count >= MediaKind.prefixLength { try decide() }
    }

    private mutating func decide() throws(MediaError) {
        guard let kind = MediaProbe.kind(of: head) else { throw Self.unrecognised }
        guard kind.isImage == (expectation == .image) else {
            throw MediaError(
                .unexpectedKind, "\(kind.contentType) instead of \(expectation == .image ? "an image" : "a film")")
        }
        guard var stream = Self.stream(for: kind) else {
            throw MediaError(.unexpectedKind, "\(kind.contentType) can't be inspected")
        }
        try stream.feed(head[...])
        self.stream = stream
        head = []
    }

    private static let unrecognised = MediaError(.unrecognised, "not an image or a film of a known kind")

    static func stream(for kind: MediaKind) -> (any MediaStream)? {
        switch kind {
        case .png: StreamReader(PNGGrammar())
        case .jpeg: StreamReader(JPEGGrammar())
        case .webp: StreamReader(WebPGrammar())
        case .gif: StreamReader(GIFGrammar())
        case .mp4: StreamReader(MP4Grammar())
        case .webm: nil
        }
    }
}
