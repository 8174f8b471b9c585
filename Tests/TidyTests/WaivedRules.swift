/// What needs a reason: `// tidy: allow <rule> — reason`, on the same line or in the comment right above.
enum WaivedRules {
    /// Finds the places in a line of code; the numbers of the columns don't matter.
    private struct Pattern: Sendable {
        var name: String
        var message: String
        var breach: String
        var matches: @Sendable (_ code: String) -> Bool
    }

    static let all =
        patterns.map { pattern in
            TidyRule(
                name: pattern.name,
                fixture: TidyFile("Sources/Core/Auth/Fixture.swift", "func breach() {\n    \(pattern.breach)\n}\n")
            ) { file in
                guard file.isSource else { return [] }
                return file.swift.code.enumerated().filter { pattern.matches($0.element) }
                    .filter { waiver(for: pattern.name, line: $0.offset, in: file) == nil }
                    .map { file.finding($0.offset + 1, pattern.name, pattern.message) }
            }
        } + [waivers]

    private static let patterns = [
        Pattern(name: "unchecked", message: "unchecked sharing", breach: "final class A: @unchecked Sendable {}") {
            $0.contains("@unchecked") || $0.contains("nonisolated(unsafe)") || hasWord("unsafeBitCast", in: $0)
        },
        Pattern(name: "fatal", message: "the process would end here", breach: "fatalError(\"no\")") { code in
            ["fatalError(", "preconditionFailure(", "assertionFailure("].contains { hasWord($0, in: code) }
        },
        Pattern(name: "try", message: "the process would end on an error", breach: "try! work()") {
            $0.contains("try!")
        },
        Pattern(name: "unwrap", message: "the process would end on nil", breach: "let a = b[0]!.c") { code in
            isUnwrapping(code)
        },
        Pattern(name: "print", message: "output goes through a log or a command", breach: "print(1)") { code in
            ["print(", "debugPrint(", "dump("].contains { hasWord($0, in: code) }
        },
        Pattern(name: "task", message: "a task without an owner", breach: "Task { work() }") { code in
            ["Task {", "Task{", "Task(", "Task.detached", "Task.immediate"].contains { hasWord($0, in: code) }
        },
        Pattern(name: "foundation", message: "FoundationEssentials is enough", breach: "import Foundation") { code in
            code.split(separator: " ").drop { $0 != "import" }.contains("Foundation")
        },
    ]

    /// A waiver gives a reason, names a rule that there is, and stands where it is needed.
    private static let waivers = TidyRule(
        name: "waiver",
        fixture: TidyFile("Sources/Core/Auth/Fixture.swift", "let a = 1  // tidy: allow print — not needed\n")
    ) { file in
        guard file.isSource else { return [] }
        return file.swift.comments.enumerated().compactMap { line, comment in
            guard let waiver = Waiver(comment) else { return nil }
            guard let pattern = patterns.first(where: { $0.name == waiver.rule }) else {
                return file.finding(line + 1, "waiver", "no rule is named \(waiver.rule)")
            }
            if waiver.reason.isEmpty { return file.finding(line + 1, "waiver", "a waiver without a reason") }
            let isNeeded = reach(of: line, in: file).contains { pattern.matches(file.swift.code[$0]) }
            return isNeeded ? nil : file.finding(line + 1, "waiver", "nothing here needs it")
        }
    }

    private struct Waiver {
        var rule: String
        var reason: String

        init?(_ comment: String) {
            guard let start = comment.firstRange(of: "tidy: allow ") else { return nil }
            let parts = comment[start.upperBound...].split(separator: "—", maxSplits: 1)
            rule = parts.first.map { String($0.filter { !$0.isWhitespace }) } ?? ""
            reason = parts.count > 1 ? String(parts[1].drop(while: \.isWhitespace)) : ""
        }
    }

    private static func waiver(for rule: String, line: Int, in file: TidyFile) -> Waiver? {
        var index = line
        while true {
            if let waiver = Waiver(file.swift.comments[index]), waiver.rule == rule { return waiver }
            index -= 1
            guard index >= 0, isComment(index, in: file) else { return nil }
        }
    }

    /// The lines that a waiver speaks for: its own, or the first line of code below.
    private static func reach(of line: Int, in file: TidyFile) -> [Int] {
        var index = line
        while isComment(index, in: file), index + 1 < file.swift.code.count { index += 1 }
        return [index]
    }

    private static func isComment(_ line: Int, in file: TidyFile) -> Bool {
        !file.swift.comments[line].isEmpty && file.swift.code[line].allSatisfy(\.isWhitespace)
    }

    /// Whether `word` stands in the code and isn't the end of a longer one, a member, or a declaration.
    private static func hasWord(_ word: String, in code: String) -> Bool {
        code.ranges(of: word).contains { range in
            let before = code[..<range.lowerBound]
            guard let last = before.last else { return true }
            return !last.isLetter && !last.isNumber && last != "_" && last != "." && !before.hasSuffix("func ")
        }
    }

    /// An exclamation mark that ends an expression or a type. `try!` has a rule of its own.
    private static func isUnwrapping(_ code: String) -> Bool {
        let characters = Array(code)
        return characters.indices.contains { index in
            guard characters[index] == "!", index > 0 else { return false }
            let (before, after) = (characters[index - 1], index + 1 < characters.count ? characters[index + 1] : " ")
            guard before.isLetter || before.isNumber || "_)]}>\"".contains(before), after != "=" else { return false }
            return !String(characters[..<index]).hasSuffix("try")
        }
    }
}
