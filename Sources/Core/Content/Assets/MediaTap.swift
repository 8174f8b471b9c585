import Engines
import Media
import NIOCore

/// Lets an engine's bytes through and judges them on the way. The stream that it gives ends well only when a whole file
/// of the kind that was asked for has passed.
actor MediaTap {
    private let source: PulledStream<ByteBuffer>
    private var inspector: MediaInspector
    private let expected: MediaInspector.Expectation
    private let announced: Int64?
    private let duration: ClosedRange<Double>?
    /// What was read to see the kind, and not yet given on.
    private var held: [ByteBuffer] = []
    private var passed: Int64 = 0
    private var judged: MediaFacts?

    /// - Parameter duration: a film's length in seconds, where it matters.
    init(
        _ media: Engines.MediaStream, expecting expected: MediaInspector.Expectation,
        duration: ClosedRange<Double>? = nil
    ) {
        source = PulledStream(media.body)
        inspector = MediaInspector(expecting: expected)
        self.expected = expected
        announced = media.length
        self.duration = duration
    }

    /// The kind, as the first bytes show it.
    /// - Throws: `EngineError.generationFailed` when they are of another.
    func kind() async throws -> MediaKind {
        var prefix: [UInt8] = []
        while prefix.count < MediaKind.prefixLength, let chunk = try await source.next() {
            prefix += chunk.readableBytesView
            held.append(chunk)
        }
        try Task.checkCancellation()
        guard let kind = MediaProbe.kind(of: prefix), expected.allows(kind) else {
            throw EngineError(.generationFailed, "what the engine sent is not \(expected.noun)")
        }
        return kind
    }

    func next() async throws -> ByteBuffer? {
        let chunk: ByteBuffer?
        if held.isEmpty { chunk = try await source.next() } else { chunk = held.removeFirst() }
        guard let chunk else {
            // A stream ends early without an error when its reader is cancelled.
            try Task.checkCancellation()
            try judge()
            return nil
        }
        passed += Int64(chunk.readableBytes)
        do {
            try inspector.feed(chunk.readableBytesView)
        } catch {
            throw unusable(error)
        }
        return chunk
    }

    func facts() throws -> MediaFacts {
        guard let judged else { throw EngineError(.generationFailed, "the file was not read to its end") }
        return judged
    }

    private func judge() throws {
        if let announced, announced != passed {
            throw EngineError(.assetDownloadFailed, "\(passed) of \(announced) bytes came")
        }
        let facts: MediaFacts
        do {
            facts = try inspector.finish()
        } catch {
            throw unusable(error)
        }
        if let duration, let found = facts.durationSeconds, !duration.contains(found) {
            throw EngineError(.generationFailed, "the film is \(found) seconds long, which was not asked for")
        }
        judged = facts
    }

    private func unusable(_ error: any Error) -> EngineError {
        EngineError(.generationFailed, "what the engine sent is not \(expected.noun) that can be used: \(error)")
    }
}

extension MediaInspector.Expectation {
    fileprivate var noun: String { self == .video ? "a film" : "an image" }

    fileprivate func allows(_ kind: MediaKind) -> Bool { self == .video ? kind == .mp4 : kind.isImage }
}
