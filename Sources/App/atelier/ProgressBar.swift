/// How far something is: one line that changes on a terminal, a line for each change elsewhere.
struct ProgressBar {
    private static let width = 30

    let isInteractive: Bool
    private var shown = ""

    init(isInteractive: Bool) { self.isInteractive = isInteractive }

    mutating func show(percent: Int, label: String) {
        let line = Self.line(percent: percent, label: label, isInteractive: isInteractive)
        guard line != shown else { return }
        if isInteractive {
            let rest = String(repeating: " ", count: max(0, shown.count - line.count))
            Terminal.error("\r\(line)\(rest)")
        } else {
            Terminal.errorLine(line)
        }
        shown = line
    }

    /// Leaves the line.
    mutating func finish() {
        if isInteractive, !shown.isEmpty { Terminal.error("\n") }
        shown = ""
    }

    static func line(percent: Int, label: String, isInteractive: Bool) -> String {
        let percent = min(max(percent, 0), 100)
        guard isInteractive else { return "\(percent)% \(label)" }
        let full = percent * width / 100
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        return "[\(bar)] \(percent)% \(label)"
    }
}
