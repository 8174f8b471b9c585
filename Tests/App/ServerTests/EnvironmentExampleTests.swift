import FoundationEssentials
import Server
import Settings
import Testing

@Suite("The file .env.example")
struct EnvironmentExampleTests {
    private let text: String
    private let declared: [SettingsReader.Declared]

    init() throws {
        // Tests/App/ServerTests/EnvironmentExampleTests.swift, from the root.
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
        text = try String(contentsOfFile: "\(root)/.env.example", encoding: .utf8)
        let reader = SettingsReader(.empty)
        _ = try ServerSettings(reading: reader)
        declared = reader.declared
    }

    @Test("it lists exactly the settings that the code reads, with their defaults; `make env-example` writes it anew")
    func isCurrent() {
        let given = Set(text.split(separator: "\n"))
        let wanted = SettingsExample.text(declared)
        for line in wanted.split(separator: "\n") where !given.contains(line) { Issue.record("missing: \(line)") }
        let known = Set(wanted.split(separator: "\n"))
        for line in given.subtracting(known) { Issue.record("no longer so: \(line)") }
        #expect(text == wanted)
    }

    @Test("every setting has a summary and says what is allowed")
    func isExplained() {
        #expect(declared.count > 60)
        for setting in declared {
            #expect(setting.summary.count > 5 && !setting.summary.contains("\n"), "\(setting.name)")
            #expect(!setting.allowed.isEmpty, "\(setting.name)")
        }
    }

    @Test("every default in it is a value that is allowed")
    func isReadable() throws {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# ") && !line.contains("(allowed: ") {
            let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        #expect(values.count == declared.count)
        let reader = SettingsReader(.values(values))
        _ = try ServerSettings(reading: reader)
        #expect(reader.faults.isEmpty)
        #expect(reader.undeclared().isEmpty)
    }
}
