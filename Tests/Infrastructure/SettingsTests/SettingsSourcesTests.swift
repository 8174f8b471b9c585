import FoundationEssentials
import Settings
import TestKit
import Testing

@Suite("Settings sources")
struct SettingsSourcesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func write(_ name: String, _ text: String) throws -> String {
        let path = folder.file(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    func load(
        flags: [String: String] = [:], environment: [String: String] = [:], dotEnv: String? = nil, config: String? = nil
    ) async throws -> SettingsSources {
        try await SettingsSources.load(
            flags: flags, environment: environment, dotEnvPath: dotEnv, configPath: config)
    }

    @Test("flags are stronger than the environment, then .env, then the file, then the default", arguments: 0...4)
    func strength(missing: Int) async throws {
        let dotEnv = try write(".env", missing > 2 ? "" : "ATELIER_X=dotenv\n")
        let config = try write("atelier.yaml", missing > 3 ? "{}" : "x: file\n")
        let sources = try await load(
            flags: missing > 0 ? [:] : ["ATELIER_X": "flag"],
            environment: missing > 1 ? [:] : ["ATELIER_X": "environment"], dotEnv: dotEnv, config: config)
        let reader = SettingsReader(sources)
        let value = reader.text("ATELIER_X", default: "default", "x")
        #expect(value == ["flag", "environment", "dotenv", "file", "default"][missing])
        #expect(reader.declared[0].source == ["flag", "environment", ".env", config, "default"][missing])
    }

    @Test("YAML nests in lower case without the prefix, or uses the full name")
    func yaml() async throws {
        let config = try write(
            "atelier.yaml",
            """
            port: 3001
            queue:
              workers: 64
              lease: 6s
            ATELIER_ROLE: gateway
            open-tenants: true
            egress_allow: [10.0.0.0/8, 192.168.0.0/16]
            atelier_host: "::1"
            OPENAI_API_KEY: abc
            nothing: ~
            version: 1.10
            """)
        let sources = try await load(config: config)
        let expected = [
            "ATELIER_PORT": "3001", "ATELIER_QUEUE_WORKERS": "64", "ATELIER_QUEUE_LEASE": "6s",
            "ATELIER_ROLE": "gateway",
            "ATELIER_OPEN_TENANTS": "true", "ATELIER_EGRESS_ALLOW": "10.0.0.0/8,192.168.0.0/16", "ATELIER_HOST": "::1",
            "OPENAI_API_KEY": "abc", "ATELIER_VERSION": "1.10",
        ]
        for (name, value) in expected { #expect(sources.find(name)?.value == value, "\(name)") }
        #expect(sources.find("ATELIER_NOTHING") == nil)
        let reader = SettingsReader(sources)
        #expect(reader.undeclared().map(\.name).contains("ATELIER_QUEUE_WORKERS"))
    }

    @Test("JSON does the same")
    func json() async throws {
        let config = try write(
            "atelier.json",
            """
            {"port": 3001, "queue": {"workers": 64}, "open_tenants": true, "ratio": 0.5, "list": ["a", "b"],
             "none": null, "one": 1}
            """
        )
        let sources = try await load(config: config)
        let expected = [
            "ATELIER_PORT": "3001", "ATELIER_QUEUE_WORKERS": "64", "ATELIER_OPEN_TENANTS": "true",
            "ATELIER_RATIO": "0.5",
            "ATELIER_LIST": "a,b", "ATELIER_ONE": "1",
        ]
        for (name, value) in expected { #expect(sources.find(name)?.value == value, "\(name)") }
        #expect(sources.find("ATELIER_NONE") == nil)
    }

    @Test(".env takes comments, quotes and export")
    func dotEnv() async throws {
        let path = try write(
            ".env",
            "# comment\n\nATELIER_A=1\r\n  ATELIER_B = \"two words\" \n"
                + "export ATELIER_C='x=y'\nATELIER_D=a#b\nATELIER_E=\"\n"
        )
        let sources = try await load(dotEnv: path)
        let found = "ABCDE".map { sources.find("ATELIER_\($0)")?.value }
        #expect(found == ["1", "two words", "x=y", "a#b", "\""])
        #expect(sources.find("ATELIER_A")?.source == ".env")
    }

    @Test("an absent .env is no fault, an absent configuration file is")
    func absent() async throws {
        _ = try await load(dotEnv: folder.file("none"))
        let path = folder.file("none.yaml")
        let error = await #expect(throws: SettingsError.self) { try await load(config: path) }
        #expect(error?.description == "The settings file \(path) can't be used: there is no such file.")
    }

    @Test(
        "a file that makes no sense is one sentence that names it and the reason, and quotes none of it",
        arguments: [
            ("a.yaml", "key: [s3cr3t"), ("b.yaml", "- s3cr3t"), ("c.json", "{\"a\": s3cr3t}"),
            ("d.json", "[\"s3cr3t\"]"),
            ("e.yaml", "s3cr3t"), ("f.yaml", "port: 1\nATELIER_PORT: 2\n"), ("g.env", "s3cr3t\n"), ("h.json", ""),
            ("i.yaml", "a: 1\na: 2\n"),
        ])
    func malformed(name: String, text: String) async throws {
        let path = try write(name, text)
        let isDotEnv = name.hasSuffix(".env")
        let error = await #expect(throws: SettingsError.self) {
            try await load(dotEnv: isDotEnv ? path : nil, config: isDotEnv ? nil : path)
        }
        let sentence = try #require(error?.description)
        #expect(sentence.hasPrefix("The settings file \(path) can't be used: "))
        #expect(!sentence.contains("\n") && !sentence.contains("s3cr3t"), "\(sentence)")
    }

    @Test("a folder, bytes that aren't text, and a file over the limit")
    func unusable() async throws {
        for (path, reason) in [
            (folder.path, "folder"),
            (
                try {
                    try Data([0xff, 0xfe, 0]).write(to: URL(filePath: folder.file("x"))); return folder.file("x")
                }(), "UTF-8"
            ),
            (try write("big.yaml", "a: " + String(repeating: "b", count: 1 << 20)), "larger than 1 MiB"),
        ] {
            let error = await #expect(throws: SettingsError.self) { try await load(config: path) }
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
    }

    @Test("an empty file gives nothing")
    func emptyFile() async throws {
        let sources = try await load(config: try write("empty.yaml", "\n"))
        #expect(sources.find("ATELIER_PORT") == nil)
    }
}
