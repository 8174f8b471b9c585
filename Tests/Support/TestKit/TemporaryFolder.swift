import FoundationEssentials

/// A fresh, empty folder that is deleted, with all that is in it, when the last reference to this goes.
package final class TemporaryFolder: Sendable {
    /// The folder's absolute path, without a slash at the end.
    package let path: String

    /// - Parameter label: begins the folder's name, so that a leftover shows where it came from.
    package init(_ label: String = "atelier-test") throws {
        let folder = FileManager.default.temporaryDirectory.path
        let root = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        path = "\(root)/\(label)-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { remove() }

    /// The path of a file of that name in the folder; the file isn't made.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Deletes the folder now.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }
}
