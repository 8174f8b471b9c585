/// What a whole MP4 file is.
package struct MP4Facts: Sendable, Hashable {
    package var media: MediaFacts
    /// The sample format of the video track: `avc1`, `hvc1`, `av01`.
    package var codec: String
    /// Whether the index comes before the frames, so that a player can start before it has all.
    package var indexIsFirst: Bool
}

/// Inspects an MP4 file while it streams by. Held is only the index (`moov`), and of that no more than
/// `maximumIndexBytes`; frames go by unread. At the end it knows that every box was whole and that every sample
/// that the index names lies within the file. Of a fragmented film it knows the boxes only.
package struct MP4Inspector: Sendable {
    /// Bytes of `moov` that are held, 16 MiB; an index of a day of film is smaller. Beyond: `MediaError.tooLarge`.
    package static let maximumIndexBytes = 16 << 20

    private var reader = StreamReader(MP4Grammar())
    private var failure: MediaError?

    package init() {}

    /// Takes the next bytes, in pieces of any size.
    ///
    /// - Throws: `MediaError.notMP4`, `.corrupt` or `.tooLarge` as soon as it shows, and the same ever after.
    package mutating func feed(_ bytes: some Sequence<UInt8>) throws(MediaError) {
        if let failure { throw failure }
        do throws(MediaError) {
            try reader.feed(Array(bytes)[...])
        } catch {
            failure = error
            throw error
        }
    }

    /// - Throws: `MediaError.truncated` when a box or a frame isn't whole, `.noVideoTrack`, or what `feed` threw.
    package mutating func finish() throws(MediaError) -> MP4Facts {
        if let failure { throw failure }
        let media = try reader.finish()
        return MP4Facts(
            media: media, codec: reader.grammar.movie?.codec?.description ?? "",
            indexIsFirst: reader.grammar.indexIsFirst)
    }
}
