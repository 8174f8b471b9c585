/// Why bytes aren't the media they should be, or can't be made.
package struct MediaError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The bytes are of no kind that this room knows: a page of HTML, an error in JSON, nothing at all.
        case unrecognised
        /// A known kind, but not one that was asked for (an image for a film), or one that isn't inspected.
        case unexpectedKind
        /// The bytes end before the format says they do.
        case truncated
        /// The bytes contradict the format.
        case corrupt
        /// The bytes don't begin as an MP4 file does.
        case notMP4
        /// An MP4 file with nothing to see.
        case noVideoTrack
        /// More would have to be held or made than this room allows.
        case tooLarge
        /// What was asked to be made has a size, length or rate that isn't offered: a defect of the caller.
        case misuse
    }

    package var code: Code
    /// Plain words for the log; never bytes of the sender.
    package var detail: String

    package init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "media: \(code.rawValue): \(detail)" }
}
