/// A Swift source split into what is code and what is comment, line by line.
///
/// The contents of string literals are taken out of the code (their quotes stay, and so does the code of
/// interpolations), so that a rule doesn't stumble over words in a text. Regular expression literals aren't known.
struct SwiftCode: Sendable {
    let code: [String]
    let comments: [String]

    init(_ text: String) {
        var scanner = Scanner(source: Array(text.utf8))
        scanner.readCode(untilParenthesis: false)
        code = scanner.code.map { String(decoding: $0, as: UTF8.self) }
        comments = scanner.comments.map { String(decoding: $0, as: UTF8.self) }
    }

    private struct Scanner {
        var code: [[UInt8]] = [[]]
        var comments: [[UInt8]] = [[]]
        let source: [UInt8]
        private var place = 0

        init(source: [UInt8]) { self.source = source }

        private static let newLine = UInt8(ascii: "\n")
        private static let quote = UInt8(ascii: "\"")
        private static let hash = UInt8(ascii: "#")
        private static let slash = UInt8(ascii: "/")
        private static let star = UInt8(ascii: "*")
        private static let backslash = UInt8(ascii: "\\")
        private static let opening = UInt8(ascii: "(")
        private static let closing = UInt8(ascii: ")")

        private func peek(_ offset: Int = 0) -> UInt8? {
            place + offset < source.count ? source[place + offset] : nil
        }

        private func sees(_ bytes: [UInt8]) -> Bool {
            for offset in bytes.indices where peek(offset) != bytes[offset] { return false }
            return true
        }

        private mutating func endLine() {
            code.append([])
            comments.append([])
        }

        private mutating func keep(_ byte: UInt8) { code[code.count - 1].append(byte) }

        private mutating func keepComment(_ byte: UInt8) {
            if byte == Self.newLine { endLine() } else { comments[comments.count - 1].append(byte) }
        }

        /// Reads code to the end, or to the parenthesis that ends an interpolation.
        mutating func readCode(untilParenthesis: Bool) {
            var depth = 0
            while let byte = peek() {
                if byte == Self.slash, peek(1) == Self.slash {
                    readLineComment()
                } else if byte == Self.slash, peek(1) == Self.star {
                    readBlockComment()
                } else if byte == Self.quote || isRawString() {
                    readString()
                } else {
                    if byte == Self.opening { depth += 1 }
                    if byte == Self.closing {
                        if untilParenthesis, depth == 0 { return }
                        depth -= 1
                    }
                    place += 1
                    if byte == Self.newLine { endLine() } else { keep(byte) }
                }
            }
        }

        private mutating func readLineComment() {
            while let byte = peek(), byte != Self.newLine {
                keepComment(byte)
                place += 1
            }
        }

        private mutating func readBlockComment() {
            var depth = 0
            while let byte = peek() {
                if byte == Self.slash, peek(1) == Self.star { depth += 1 }
                let ends = byte == Self.star && peek(1) == Self.slash
                if ends { depth -= 1 }
                keepComment(byte)
                place += 1
                if ends {
                    place += 1
                    if depth == 0 { return }
                }
            }
        }

        private func isRawString() -> Bool {
            var offset = 0
            while peek(offset) == Self.hash { offset += 1 }
            return offset > 0 && peek(offset) == Self.quote
        }

        private mutating func readString() {
            var hashes: [UInt8] = []
            while peek() == Self.hash {
                hashes.append(Self.hash)
                place += 1
            }
            let isMultiLine = peek(1) == Self.quote && peek(2) == Self.quote
            let quotes = [UInt8](repeating: Self.quote, count: isMultiLine ? 3 : 1)
            let (end, escape) = (quotes + hashes, [Self.backslash] + hashes)
            place += quotes.count
            keep(Self.quote)
            while let byte = peek() {
                if sees(end) {
                    place += end.count
                    break
                }
                if sees(escape) {
                    place += escape.count
                    if peek() == Self.opening { readInterpolation() } else if let escaped = peek() { skip(escaped) }
                } else if byte == Self.newLine, !isMultiLine {
                    break
                } else {
                    skip(byte)
                }
            }
            keep(Self.quote)
        }

        private mutating func skip(_ byte: UInt8) {
            place += 1
            if byte == Self.newLine { endLine() }
        }

        private mutating func readInterpolation() {
            place += 1
            keep(Self.opening)
            readCode(untilParenthesis: true)
            place += 1
            keep(Self.closing)
        }
    }
}
