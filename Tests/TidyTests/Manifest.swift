/// What `Package.swift` declares, read from its text: asking SwiftPM would wait for the build that runs the tests.
struct Manifest: Sendable {
    struct Declared: Sendable {
        var name: String
        /// As in `Floor`; nil for suites, their supports and benchmarks.
        var floor: String?
        var uses: [String]
        /// Module names.
        var vendors: [String]
        var line: Int
    }

    static let floors = ["infrastructure", "core", "features", "app"]

    private(set) var targets: [String: Declared] = [:]
    private(set) var vendorModules: [String: String] = [:]

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for line in lines {
            // case .grdb: .product(name: "GRDB", package: "GRDB.swift")
            guard let head = line.firstRange(of: "case ."), let colon = line.firstRange(of: ": ") else { continue }
            let name = line[head.upperBound..<colon.lowerBound]
            let value = line[colon.upperBound...]
            if value.hasPrefix(".product(") || value.hasPrefix("\"") {
                vendorModules[String(name)] = quoted(value).first
            }
        }
        for (index, line) in lines.enumerated() {
            let head = line.drop(while: \.isWhitespace)
            guard let kind = ["Room(", "support(", "suite(", "benchmark("].first(where: { head.hasPrefix($0) }) else {
                continue
            }
            declare(call(from: index, in: lines), kind: kind, line: index + 1)
        }
    }

    var rooms: [Declared] { targets.values.filter { $0.floor != nil }.sorted { $0.line < $1.line } }

    private mutating func declare(_ call: String, kind: String, line: Int) {
        guard var name = quoted(call).first else { return }
        if kind == "suite(" { name += "Tests" }
        let floor = Self.floors.first { call.contains(", .\($0)") }
        targets[name] = Declared(
            name: name, floor: kind == "Room(" ? floor : nil, uses: quoted(list("uses:", in: call)),
            vendors: list("vendors:", in: call).split { !$0.isLetter && !$0.isNumber }
                .compactMap { vendorModules[String($0)] },
            line: line)
    }

    /// The text of a call that begins in that line, to its closing parenthesis.
    private func call(from first: Int, in lines: [String]) -> String {
        var (text, depth) = ("", 0)
        for line in lines[first...] {
            for character in line {
                text.append(character)
                if character == "(" { depth += 1 }
                if character == ")" {
                    depth -= 1
                    if depth == 0 { return text }
                }
            }
            text.append(" ")
        }
        return text
    }

    private func list(_ label: String, in call: String) -> String {
        guard let start = call.firstRange(of: label) else { return "" }
        return String(call[start.upperBound...].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
    }

    private func quoted(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
