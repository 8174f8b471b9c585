/// A breach of a rule.
struct Finding: Sendable, Hashable, CustomStringConvertible {
    var path: String
    /// From 1; 0 for the file as a whole.
    var line: Int
    var rule: String
    var message: String

    var description: String { "\(path):\(line): \(message) [\(rule)]" }
}

/// A file of the repository, as the rules see it.
struct TidyFile: Sendable {
    /// From the root: `Sources/Core/Auth/APIKey.swift`.
    let path: String
    let text: String
    let lines: [String]
    let swift: SwiftCode

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        swift = SwiftCode(path.hasSuffix(".swift") ? text : "")
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSource: Bool { isSwift && path.hasPrefix("Sources/") }

    /// `Core` and `Auth` in the path above; nil where files belong to no room.
    var room: (floor: String, name: String)? {
        let parts = path.split(separator: "/").map(String.init)
        guard isSource, parts.count > 3 else { return nil }
        return (parts[1], parts[2])
    }

    /// The target that a Swift file belongs to: its room, or its suite.
    var target: String? {
        if let room { return room.name }
        let parts = path.split(separator: "/").map(String.init)
        guard isSwift else { return nil }
        if parts.first == "Benchmarks", parts.count > 2 { return parts[1] }
        guard parts.first == "Tests" else { return nil }
        if parts.count > 3 { return parts[2] }
        return parts.count > 2 ? parts[1] : nil
    }

    func finding(_ line: Int, _ rule: String, _ message: String) -> Finding {
        Finding(path: path, line: line, rule: rule, message: message)
    }
}

/// One rule: what it says of a file, and a file that breaks it.
struct TidyRule: Sendable {
    let name: String
    let fixture: TidyFile
    let check: @Sendable (TidyFile) -> [Finding]
}
