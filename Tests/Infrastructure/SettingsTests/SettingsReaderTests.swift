import Settings
import Testing
import Vocabulary

private enum Mode: String, CaseIterable {
    case off, meter, enforce
}

@Suite("Settings reader")
struct SettingsReaderTests {
    @Test("nothing given: every setting has its default, and says so")
    func defaults() throws {
        let reader = SettingsReader(.empty)
        #expect(reader.text("ATELIER_A", default: "x", "a") == "x")
        let absent: String? = reader.text("ATELIER_B", "b")
        #expect(absent == nil)
        #expect(reader.secret("ATELIER_C", "c") == nil)
        #expect(reader.integer("ATELIER_D", default: 5, in: 1...9, "d") == 5)
        #expect(reader.duration("ATELIER_E", default: .seconds(60), in: .zero ... .seconds(90), "e") == .seconds(60))
        #expect(reader.bytes("ATELIER_F", default: 1 << 20, in: 1...(1 << 30), "f") == 1 << 20)
        #expect(reader.flag("ATELIER_G", default: true, "g"))
        #expect(reader.choice("ATELIER_H", default: Mode.meter, "h") == .meter)
        try reader.finish()
        #expect(reader.declared.allSatisfy { $0.source == "default" })
        let texts = reader.declared.map(\.defaultText)
        #expect(texts == ["x", "", "", "5", "60s", "1MiB", "true", "meter"])
        #expect(reader.declared.map(\.allowed).last == "off, meter or enforce")
    }

    @Test("values are read in their notations and shown in them")
    func values() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_D": "9", "ATELIER_E": "1800", "ATELIER_F": "65536", "ATELIER_G": "off", "ATELIER_H": "enforce",
                "ATELIER_N": "0.25", "ATELIER_P": "a,b",
            ]))
        #expect(reader.integer("ATELIER_D", default: 5, in: 1...9, "d") == 9)
        #expect(reader.duration("ATELIER_E", default: .zero, in: .zero ... .seconds(3_600), "e") == .seconds(1_800))
        #expect(reader.bytes("ATELIER_F", default: 1, in: 1...(1 << 30), "f") == 65_536)
        #expect(reader.flag("ATELIER_G", default: true, "g") == false)
        #expect(reader.choice("ATELIER_H", default: Mode.meter, "h") == .enforce)
        #expect(reader.number("ATELIER_N", default: 1, in: 0...1, "n") == 0.25)
        let parsed = reader.parsed("ATELIER_P", default: [String](), defaultText: "", allowed: "a list", "p") {
            $0.split(separator: ",").map(String.init)
        }
        #expect(parsed == ["a", "b"])
        try reader.finish()
        #expect(reader.declared.map(\.value) == ["9", "30m", "64KiB", "false", "enforce", "0.25", "a,b"])
    }

    @Test("every wrong value is reported at once, with its name, what was given, where, and what is allowed")
    func faults() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_D": "ten", "ATELIER_E": "2h", "ATELIER_F": "1MB", "ATELIER_G": "perhaps", "ATELIER_H": "on",
            ]))
        #expect(reader.integer("ATELIER_D", default: 5, in: 1...9, "d") == 5)
        #expect(reader.duration("ATELIER_E", default: .seconds(1), in: .zero ... .seconds(3_600), "e") == .seconds(1))
        #expect(reader.bytes("ATELIER_F", default: 7, in: 1...(1 << 30), "f") == 7)
        #expect(reader.flag("ATELIER_G", default: true, "g"))
        #expect(reader.choice("ATELIER_H", default: Mode.meter, "h") == .meter)
        let error = try #require(throws: SettingsError.self) { try reader.finish() }
        #expect(error.faults.map(\.name) == ["ATELIER_D", "ATELIER_E", "ATELIER_F", "ATELIER_G", "ATELIER_H"])
        let lines = error.description.split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines[0] == #"ATELIER_D: "ten" (from environment) is not allowed; allowed: 1…9"#)
        #expect(lines[1].contains("0s…1h"))
        #expect(lines[4].contains("off, meter or enforce"))
    }

    @Test(
        "numbers outside of the range are refused",
        arguments: ["0", "10", "-1", "99999999999999999999", "5.0", "+ 5", "５"])
    func ranges(text: String) {
        let reader = SettingsReader(.values(["ATELIER_D": text]))
        #expect(reader.integer("ATELIER_D", default: 5, in: 1...9, "d") == 5)
        #expect(reader.faults.count == 1)
    }

    @Test("a secret is masked in the table and in faults, and so is a password in a URL")
    func masking() throws {
        let reader = SettingsReader(
            .values(["ATELIER_KEY": "s3cr3t", "ATELIER_DATABASE_URL": "postgres://u:pa55@h/db"]))
        #expect(reader.secret("ATELIER_KEY", "key")?.reveal() == "s3cr3t")
        _ = reader.text("ATELIER_DATABASE_URL", "where") as String?
        reader.refuse("ATELIER_KEY", allowed: "32 characters or more")
        let error = try #require(throws: SettingsError.self) { try reader.finish() }
        let table = reader.settingsTable()
        #expect(!table.contains("s3cr3t") && !table.contains("pa55") && !error.description.contains("s3cr3t"))
        #expect(table.contains("ATELIER_KEY           ••••"))
        #expect(table.contains("postgres://u:••••@h/db"))
        #expect(table.contains("environment"))
    }

    @Test("a setting read twice is listed once, and its fault too")
    func twice() {
        let reader = SettingsReader(.values(["ATELIER_D": "x"]))
        for _ in 0..<2 { _ = reader.integer("ATELIER_D", default: 5, in: 1...9, "d") }
        #expect(reader.declared.count == 1 && reader.faults.count == 1)
    }

    @Test("a name that nobody declares is reported")
    func undeclared() {
        let reader = SettingsReader(.values(["ATELIER_PROT": "1", "ATELIER_PORT": "2", "PATH": "/bin"]))
        _ = reader.integer("ATELIER_PORT", default: 1, in: 1...9, "port")
        #expect(reader.undeclared().map(\.description) == ["ATELIER_PROT (from environment)"])
    }

    @Test("an empty value counts as none")
    func emptyValue() throws {
        let reader = SettingsReader(.values(["ATELIER_D": "", "ATELIER_C": ""]))
        #expect(reader.integer("ATELIER_D", default: 5, in: 1...9, "d") == 5)
        #expect(reader.secret("ATELIER_C", "c") == nil)
        try reader.finish()
    }
}

@Suite("Settings notation")
struct SettingsNotationTests {
    @Test(
        "durations are printed as they are written",
        arguments: ["0s", "1ms", "500ms", "1s", "60s", "90s", "2m", "30m", "1h", "24h", "7d"])
    func durations(text: String) throws {
        #expect(SettingsNotation.text(try #require(SettingsNotation.duration(text))) == text)
    }

    @Test(
        "what is not a duration",
        arguments: ["", "s", "-1s", "1.5s", "1w", "1 000s", "9223372036854775807d", "1s1m", "1S"])
    func notDurations(text: String) { #expect(SettingsNotation.duration(text) == nil) }

    @Test(
        "sizes",
        arguments: [("1", 1), ("1kib", 1_024), ("64KiB", 65_536), ("2 GiB", 2 << 30), ("1TiB", 1 << 40), ("7B", 7)])
    func sizes(text: String, bytes: Int) throws {
        #expect(SettingsNotation.bytes(text) == bytes)
        #expect(SettingsNotation.bytes(SettingsNotation.text(bytes: bytes)) == bytes)
    }

    @Test("what is not a size", arguments: ["", "KiB", "1MB", "-1", "1.5MiB", "99999999999TiB"])
    func notSizes(text: String) { #expect(SettingsNotation.bytes(text) == nil) }
}
