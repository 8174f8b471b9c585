import Glibc

/// Makes the root folder.
enum FolderMaker {
    /// Opens the folder, after making it and those above it as needed.
    static func open(_ path: String) throws -> OpenFile {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, 0o750) == 0 || errno == EEXIST || errno == EISDIR else {
                throw OpenFile.failure("make the folder", made)
            }
        }
        return try OpenFile.folder(path)
    }
}
