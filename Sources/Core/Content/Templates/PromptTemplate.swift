import Engines

/// The instructions that go before a prompt of one kind. The text of a released version never changes: a better one is
/// a new version, so that a record says exactly what was asked.
struct PromptTemplate: Sendable {
    /// `social-post`.
    var name: String
    var version: Int
    var instructions: String
    /// Further instructions for models whose name starts with the key.
    var additions: [(family: String, text: String)] = []

    /// As it stands in records: `social-post/1`.
    var label: String { "\(name)/\(version)" }

    /// The instructions for that model. The last line names the format, in words that a model understands and that
    /// the sandbox goes by.
    func rendered(for model: String) -> String {
        let own = additions.filter { model.lowercased().hasPrefix($0.family) }.map(\.text)
        return ([instructions] + own + ["Format: \(name)"]).joined(separator: "\n\n")
    }
}
