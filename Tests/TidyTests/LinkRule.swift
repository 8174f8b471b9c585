/// Every link of a page leads to a file, and to a heading in it, that there is.
struct LinkRule: Sendable {
    /// The pages by path, and every other path that there is.
    let pages: [String: TidyFile]
    let paths: Set<String>

    init(_ files: [TidyFile]) {
        pages = Dictionary(uniqueKeysWithValues: files.filter { $0.path.hasSuffix(".md") }.map { ($0.path, $0) })
        var paths = Set(files.map(\.path))
        for path in paths {
            let parts = path.split(separator: "/")
            for count in 1..<max(parts.count, 1) { paths.insert(parts.prefix(count).joined(separator: "/")) }
        }
        self.paths = paths
    }

    var rule: TidyRule {
        TidyRule(name: "link", fixture: TidyFile("docs/a.md", "[there](nowhere.md)\n")) { file in
            guard file.path.hasSuffix(".md") else { return [] }
            return Self.prose(file).flatMap { line, text in
                Self.targets(text).compactMap { target in
                    problem(target, from: file).map { file.finding(line, "link", $0) }
                }
            }
        }
    }

    private func problem(_ target: String, from file: TidyFile) -> String? {
        if target.contains("://") || target.hasPrefix("mailto:") { return nil }
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts[0].isEmpty ? file.path : resolve(parts[0], from: file.path)
        guard paths.contains(path) || path == file.path else { return "\(target) leads nowhere" }
        guard parts.count > 1, let page = path == file.path ? file : pages[path] else { return nil }
        return Self.anchors(page).contains(parts[1]) ? nil : "\(path) has no heading for #\(parts[1])"
    }

    private func resolve(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts.joined(separator: "/")
    }

    /// The lines outside of code blocks.
    private static func prose(_ file: TidyFile) -> [(line: Int, text: String)] {
        var isCode = false
        return file.lines.enumerated().compactMap { index, line in
            if line.drop(while: \.isWhitespace).hasPrefix("```") {
                isCode.toggle()
                return nil
            }
            return isCode ? nil : (index + 1, line)
        }
    }

    private static func targets(_ line: String) -> [String] {
        line.ranges(of: "](").map { String(line[$0.upperBound...].prefix { $0 != ")" && $0 != " " }) }
    }

    /// Headings as GitHub links them.
    private static func anchors(_ page: TidyFile) -> Set<String> {
        Set(
            prose(page).filter { $0.text.hasPrefix("#") }.map { heading in
                let title = heading.text.drop { $0 == "#" }.drop(while: \.isWhitespace).lowercased()
                return String(
                    title.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.map { $0 == " " ? "-" : $0 })
            })
    }
}
