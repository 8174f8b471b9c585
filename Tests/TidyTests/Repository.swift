import Foundation

/// The files of the clone that this test was built from.
struct Repository: Sendable {
    let files: [TidyFile]

    /// Folders that hold what is made here; so do all hidden ones but `visible`.
    private static let skipped: Set<String> = ["data", "__pycache__"]
    private static let visible: Set<String> = [".ci", ".github"]
    private static let textEndings: Set<String> = [
        "swift", "md", "sh", "py", "yaml", "yml", "json", "h", "modulemap", "lua", "txt",
    ]

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Reads all text files.
    static func read() throws -> Repository {
        var found: [TidyFile] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            for name in names.sorted() {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                let full = root.appending(path: path).path
                guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
                if isFolder.boolValue {
                    let isHidden = name.hasPrefix(".") && !visible.contains(name)
                    if !isHidden, !skipped.contains(name) { folders.append(path) }
                } else if isText(name), let text = try? String(contentsOfFile: full, encoding: .utf8) {
                    found.append(TidyFile(path, text))
                } else {
                    found.append(TidyFile(path, ""))
                }
            }
        }
        return Repository(files: found)
    }

    /// `.env` is somebody's own, and what SwiftPM resolved isn't written by hand.
    private static func isText(_ name: String) -> Bool {
        if name == ".env" || name == "Package.resolved" { return false }
        let ending = name.split(separator: ".").last.map(String.init) ?? name
        return textEndings.contains(ending) || !name.contains(".") || name.hasPrefix(".")
    }

    func file(_ path: String) throws -> TidyFile {
        guard let file = files.first(where: { $0.path == path }) else { throw CocoaError(.fileNoSuchFile) }
        return file
    }
}
