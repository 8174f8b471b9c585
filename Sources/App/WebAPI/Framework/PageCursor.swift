import Vocabulary

/// The cursor of lists as clients see it: opaque, so that nobody builds one.
package enum PageCursor {
    /// The longest cursor that is looked at, in characters.
    package static let maximumLength = 512

    package static func encode(_ after: String) -> String { Base64URL.encode(Array("1:\(after)".utf8)) }

    /// - Returns: nil when it isn't one of ours.
    package static func decode(_ text: String) -> String? {
        guard text.utf8.count <= maximumLength, let bytes = Base64URL.decode(text) else { return nil }
        guard let plain = String(validating: bytes, as: UTF8.self), plain.hasPrefix("1:") else { return nil }
        let after = plain.dropFirst(2)
        return after.isEmpty ? nil : String(after)
    }
}
