/// How long files, functions and lines may be.
enum SizeRules {
    static let fileLines = 600
    static let functionLines = 70
    static let columns = 120

    static let all = [
        TidyRule(name: "file-length", fixture: longFile) { file in
            guard file.isSwift, file.lines.count - 1 > fileLines else { return [] }
            return [file.finding(0, "file-length", "\(file.lines.count - 1) lines; \(fileLines) are allowed")]
        },
        TidyRule(name: "line-length", fixture: wideFile) { file in
            guard file.isSwift else { return [] }
            return file.lines.enumerated().filter { $0.element.count > columns }.map {
                file.finding($0.offset + 1, "line-length", "\($0.element.count) columns; \(columns) are allowed")
            }
        },
        TidyRule(name: "function-length", fixture: longFunction) { file in
            guard file.isSwift else { return [] }
            return functions(in: file.swift.code).filter { $0.last - $0.first + 1 > functionLines }.map {
                let length = $0.last - $0.first + 1
                return file.finding($0.first, "function-length", "\(length) lines; \(functionLines) are allowed")
            }
        },
    ]

    private static let longFile = TidyFile(
        "Sources/Core/Auth/Long.swift", String(repeating: "let a = 1\n", count: fileLines + 1))
    private static let wideFile = TidyFile(
        "Tests/Core/AuthTests/Wide.swift", "// " + String(repeating: "x", count: columns - 2))
    private static let longFunction = TidyFile(
        "Sources/Core/Auth/Long.swift",
        "protocol P {\n    func a()\n}\n\nfunc long(of closure: () -> Void = {}) {\n"
            + String(repeating: "    closure()\n", count: functionLines - 1) + "}\n")

    /// The first and last lines of the functions, initializers and subscripts that have a body, from 1.
    static func functions(in code: [String]) -> [(first: Int, last: Int)] {
        var found: [(Int, Int)] = []
        var scan = FunctionScan()
        for (index, line) in code.enumerated() {
            for token in tokens(line) {
                if let first = scan.take(token, line: index + 1) { found.append((first, index + 1)) }
            }
        }
        return found
    }

    /// Words and single signs.
    private static func tokens(_ line: String) -> [Substring] {
        var tokens: [Substring] = []
        var rest = Substring(line)
        while let character = rest.first {
            let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            let token = word.isEmpty ? rest.prefix(1) : word
            if !character.isWhitespace { tokens.append(token) }
            rest = rest.dropFirst(token.count)
        }
        return tokens
    }

    /// Pairs the heads of functions with their closing braces.
    private struct FunctionScan {
        private var braces: [Int?] = []
        private var parentheses = 0
        private var head: (line: Int, parentheses: Int)?
        private var last: Substring = ""

        /// - Returns: where the function begins that `token` ends.
        mutating func take(_ token: Substring, line: Int) -> Int? {
            defer { last = token }
            switch token {
            case "func", "init", "deinit", "subscript":
                // `self.init(…)` and `.init(…)` are calls.
                if last != "." { head = (line, parentheses) }
            case "var", "let", "case", "struct", "enum", "class", "actor", "extension", "return":
                if head?.parentheses == parentheses { head = nil }
            case "(", "[": parentheses += 1
            case ")", "]": parentheses -= 1
            case "{":
                let opens = head?.parentheses == parentheses
                braces.append(opens ? head?.line : nil)
                if opens { head = nil }
            case "}":
                if head?.parentheses == parentheses { head = nil }
                return braces.popLast() ?? nil
            default: break
            }
            return nil
        }
    }
}
