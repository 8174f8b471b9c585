/// What must not stand in a file, or in its name.
enum TextRules {
    static let all = [leftovers, names, access, machines]

    /// Work left for later isn't committed.
    private static let leftovers = TidyRule(
        name: "leftover", fixture: TidyFile("Sources/Core/Auth/Fixture.swift", "// \(marks[0]): more\n")
    ) { file in
        let comments = file.isSwift ? file.swift.comments : file.path.hasPrefix("Scripts/") ? file.lines : []
        return comments.enumerated().filter { line in marks.contains { line.element.contains($0) } }.map {
            file.finding($0.offset + 1, "leftover", "work left for later")
        }
    }

    private static let marks = ["TO" + "DO", "FIX" + "ME"]

    /// Files are named after what they hold.
    private static let names = TidyRule(
        name: "name", fixture: TidyFile("Sources/Core/Auth/TokenHelpers.swift", "")
    ) { file in
        let vague = ["Utils", "Utilities", "Helpers", "Helper", "Common", "Shared", "Managers", "Manager"]
        let parts = file.path.split(separator: "/").map { $0.split(separator: ".").first ?? $0 }
        guard parts.contains(where: { part in vague.contains { part.hasSuffix($0) } }) else { return [] }
        return [file.finding(0, "name", "a name that says nothing of what is in it")]
    }

    /// Rooms share by `package`.
    private static let access = TidyRule(
        name: "access", fixture: TidyFile("Sources/Core/Auth/Fixture.swift", "public struct A {}\n")
    ) { file in
        guard file.isSource else { return [] }
        return file.swift.code.enumerated().filter { line in
            let words = line.element.split(separator: " ")
            let opens = zip(words, words.dropFirst()).contains {
                $0 == "open" && ["class", "func", "var"].contains($1)
            }
            return opens || words.contains { $0 == "public" || $0.hasPrefix("public(") }
        }.map { file.finding($0.offset + 1, "access", "package is as far as anything is seen") }
    }

    /// A clone works anywhere, so no file knows the machine that it was written on.
    private static let machines = TidyRule(
        name: "machine", fixture: TidyFile("README.md", "See /" + "root/notes\n")
    ) { file in
        file.lines.enumerated().filter { line in places.contains { line.element.contains($0) } }.map {
            file.finding($0.offset + 1, "machine", "a path or a host of one machine")
        }
    }

    /// Put together here, so that this file passes too.
    private static let places =
        ["work/main", "work/shared", "work/.", "root/", "Users/", "opt/swift", "tmp/tools"].map { "/" + $0 }
        + ["home/" + "user", "pkg" + ".dev/", "arti" + "factory", "index-" + "url", "extra-" + "index"]
}
