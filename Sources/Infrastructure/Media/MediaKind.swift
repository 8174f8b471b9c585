/// The formats that this room tells apart by their first bytes.
package enum MediaKind: String, Sendable, CaseIterable {
    case png, jpeg, webp, gif, mp4, webm

    /// As many first bytes decide the kind; more change nothing.
    package static let prefixLength = 64

    package var contentType: String {
        switch self {
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .webp: "image/webp"
        case .gif: "image/gif"
        case .mp4: "video/mp4"
        case .webm: "video/webm"
        }
    }

    /// Without the dot.
    package var fileExtension: String {
        self == .jpeg ? "jpg" : rawValue
    }

    package var isImage: Bool {
        switch self {
        case .png, .jpeg, .webp, .gif: true
        case .mp4, .webm: false
        }
    }
}

/// Sides in pixels.
package struct PixelSize: Sendable, Hashable {
    package var width: Int
    package var height: Int

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

/// What whole and sound bytes are, as read from themselves.
package struct MediaFacts: Sendable, Hashable {
    package var kind: MediaKind
    package var width: Int
    package var height: Int
    /// Nil for images, and for films that don't say (some fragmented ones).
    package var durationSeconds: Double?
    package var byteCount: UInt64

    package init(kind: MediaKind, width: Int, height: Int, durationSeconds: Double?, byteCount: UInt64) {
        self.kind = kind
        self.width = width
        self.height = height
        self.durationSeconds = durationSeconds
        self.byteCount = byteCount
    }

    package var contentType: String { kind.contentType }
}
