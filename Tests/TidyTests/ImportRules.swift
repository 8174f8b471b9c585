/// Who may import what.
struct ImportRules: Sendable {
    let manifest: Manifest

    /// What comes with the toolchain.
    static let toolchain: Set<String> = [
        "Swift", "Synchronization", "Dispatch", "Glibc", "Foundation", "FoundationEssentials", "RegexBuilder",
    ]

    /// Where a vendor may be met: rooms, and for a floor all its rooms. Their own suites may as well.
    static let walls: [String: [String]] = [
        "GRDB": ["DatabaseSQLite"],
        "AsyncHTTPClient": ["Egress"],
        "JWTKit": ["Auth"],
        "Configuration": ["Settings"],
        "ArgumentParser": ["atelier"],
        "Hummingbird": ["App", "TestKit", "ProviderDoubles"],
        "HummingbirdCore": ["App", "TestKit", "ProviderDoubles"],
        "HummingbirdTesting": ["WebAPITests", "ServerTests"],
        "Czlib": ["Media"],
    ]

    var all: [TidyRule] { [declared, walls] }

    /// A file imports only what its target declares.
    private var declared: TidyRule {
        TidyRule(
            name: "import", fixture: TidyFile("Sources/Infrastructure/Vocabulary/A.swift", "package import Content\n")
        ) { file in
            guard let target = file.target else { return [] }
            guard let declared = manifest.targets[target] else {
                return [file.finding(0, "import", "\(target) is not declared in Package.swift")]
            }
            var allowed = Self.toolchain.union(declared.uses).union(declared.vendors)
            if !file.isSource { allowed.formUnion(["Testing"]) }
            return Self.imports(of: file).filter { !allowed.contains($0.module) }.map {
                file.finding($0.line, "import", "\(target) doesn't declare that it uses \($0.module)")
            }
        }
    }

    /// A vendor stays behind its wall.
    private var walls: TidyRule {
        TidyRule(
            name: "wall", fixture: TidyFile("Sources/Core/Content/A.swift", "import GRDB\n")
        ) { file in
            guard let target = file.target else { return [] }
            return Self.imports(of: file).compactMap { found in
                guard let wall = Self.walls[found.module] else { return nil }
                let inside =
                    wall.contains(target) || wall.contains { "\($0)Tests" == target }
                    || (file.room?.floor).map(wall.contains) ?? false
                    || (target.hasSuffix("Tests") && wall.contains("App") && file.path.hasPrefix("Tests/App/"))
                return inside
                    ? nil
                    : file.finding(found.line, "wall", "\(found.module) belongs to \(wall.joined(separator: ", "))")
            }
        }
    }

    /// `@testable package import struct GRDB.Row` is an import of GRDB.
    static func imports(of file: TidyFile) -> [(module: String, line: Int)] {
        let before: Set<Substring> = [
            "@testable", "@preconcurrency", "@_exported", "package", "internal", "private", "public",
        ]
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
        return file.swift.code.enumerated().compactMap { index, line in
            let words = line.split(separator: " ").drop { before.contains($0) }
            guard words.first == "import" else { return nil }
            let name = words.dropFirst().drop { kinds.contains($0) }.first
            return name?.split(separator: ".").first.map { (String($0), index + 1) }
        }
    }

    // MARK: The manifest itself

    /// Edges that climb a floor, join two features, or lead nowhere.
    static func climbing(_ manifest: Manifest) -> [Finding] {
        manifest.rooms.flatMap { room in
            room.uses.compactMap { use -> String? in
                guard let floor = manifest.targets[use]?.floor else {
                    return "\(room.name) uses \(use), which is no room"
                }
                let (from, to) = (height(room.floor), height(floor))
                let allowed = to < from || (to == from && floor != "features")
                return allowed ? nil : "\(room.name) may not use \(use), on the floor \(floor)"
            }.map { Finding(path: "Package.swift", line: room.line, rule: "floor", message: $0) }
        }
    }

    /// What a room declares and none of its files imports.
    static func unused(_ manifest: Manifest, files: [TidyFile]) -> [Finding] {
        manifest.rooms.flatMap { room in
            let imported = Set(files.filter { $0.room?.name == room.name }.flatMap { imports(of: $0).map(\.module) })
            return (room.uses + room.vendors).filter { !imported.contains($0) }.map {
                Finding(
                    path: "Package.swift", line: room.line, rule: "unused", message: "\(room.name) doesn't use \($0)")
            }
        }
    }

    private static func height(_ floor: String?) -> Int { floor.flatMap(Manifest.floors.firstIndex) ?? -1 }
}
