import Auth
import Logging
import Server
import Settings
import Telemetry
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("Server settings")
struct ServerSettingsTests {
    private static func settings(_ values: [String: String]) throws -> ServerSettings {
        try ServerSettings(reading: SettingsReader(.values(values)))
    }

    @Test("with none given, everything runs in one process on loopback")
    func defaults() throws {
        let settings = try Self.settings([:])
        #expect(settings.host == "127.0.0.1")
        #expect(settings.listeningPort == 3000)
        #expect(settings.roles == Set(ServerSettings.Role.allCases))
        #expect(settings.databasePath == "./data/atelier.db")
        #expect(settings.objectsFolder == "./data/objects")
        #expect(settings.openTenants)
        #expect(settings.publicBase(port: 3000) == "http://127.0.0.1:3000")
    }

    @Test("every wrong value is reported at once, with what was given and what is allowed")
    func faults() throws {
        let error = #expect(throws: SettingsError.self) {
            try Self.settings([
                "ATELIER_PORT": "70000", "ATELIER_ROLE": "painter", "ATELIER_DATABASE_URL": "mysql://x",
                "ATELIER_GRACE": "soon", "ATELIER_MASTER_KEY": "short", "ATELIER_JWT_SECRET": "short",
                "ATELIER_CALLBACK_SECRET": "nonsense", "ATELIER_PUBLIC_URL": "ftp://x", "ATELIER_QUEUE_WORKERS": "-1",
                "ATELIER_LOG_LEVEL": "loud", "ATELIER_STORAGE_URL": "objects",
            ])
        }
        let names = try #require(error).faults.map(\.name)
        #expect(
            Set(names) == [
                "ATELIER_PORT", "ATELIER_ROLE", "ATELIER_DATABASE_URL", "ATELIER_GRACE", "ATELIER_MASTER_KEY",
                "ATELIER_JWT_SECRET", "ATELIER_CALLBACK_SECRET", "ATELIER_PUBLIC_URL", "ATELIER_QUEUE_WORKERS",
                "ATELIER_LOG_LEVEL", "ATELIER_STORAGE_URL",
            ])
        let text = try #require(error).description
        #expect(text.contains("\"70000\"") && text.contains("0…65535"))
        #expect(!text.contains("\"short\"") && !text.contains("nonsense"))
        #expect(text.split(separator: "\n").count == names.count)
    }

    @Test("flags are stronger than the environment, that than .env, that than the file, that than the default")
    func order() async throws {
        let folder = try TemporaryFolder()
        try Files.write("ATELIER_HOST=d\nATELIER_PUBLIC_URL=http://d\nATELIER_GRACE=4s\n", to: folder.file("env"))
        try Files.write(
            "host: f\npublic_url: http://f\ngrace: 5s\ndata_dir: /f\n", to: folder.file("atelier.yaml"))
        let sources = try await SettingsSources.load(
            flags: ["ATELIER_HOST": "a"], environment: ["ATELIER_HOST": "e", "ATELIER_PUBLIC_URL": "http://e"],
            dotEnvPath: folder.file("env"), configPath: folder.file("atelier.yaml"))
        let settings = try ServerSettings(reading: SettingsReader(sources))
        #expect(settings.host == "a")
        #expect(settings.publicURL == "http://e")
        #expect(settings.grace == .seconds(4))
        #expect(settings.dataFolder == "/f")
        #expect(settings.databasePath == "/f/atelier.db")
        #expect(settings.port == 3000)
    }

    @Test(
        "a role alone listens where it should",
        arguments: [
            ("all", 3000, true), ("gateway", 3000, true), ("generation", 8000, true),
            ("generation, worker", 8000, true),
            ("worker", 8000, false), ("gateway,generation", 3000, true),
        ])
    func roles(text: String, port: Int, listens: Bool) throws {
        let settings = try Self.settings(["ATELIER_ROLE": text])
        #expect(settings.isListening == listens)
        if listens { #expect(settings.listeningPort == port) }
    }

    @Test("an IPv6 address stands in brackets, and any address is reached by loopback")
    func bases() throws {
        #expect(try Self.settings(["ATELIER_HOST": "::1"]).publicBase(port: 5) == "http://[::1]:5")
        #expect(try Self.settings(["ATELIER_HOST": "0.0.0.0"]).publicBase(port: 5) == "http://127.0.0.1:5")
        let behind = try Self.settings(["ATELIER_PUBLIC_URL": "https://api.example.com/"])
        #expect(behind.publicBase(port: 5) == "https://api.example.com")
        #expect(behind.localBase(port: 5) == "http://127.0.0.1:5")
    }

    @Test("the replaced services' names are read with a notice, and are weaker than ours")
    func legacy() throws {
        let (sources, notices) = LegacySettings.read(
            .values([
                "PORT": "4100", "CORS_ORIGINS": #"["https://a.example", "https://b.example"]"#, "LOG_LEVEL": "WARN",
                "JWT_SECRET": "0123456789abcdef0123456789abcdef", "REDIS_URL": "redis://x", "POE_API_URL": "https://x",
            ]))
        let settings = try ServerSettings(reading: SettingsReader(sources))
        #expect(settings.port == 4100)
        #expect(settings.api.corsOrigins == ["https://a.example", "https://b.example"])
        #expect(settings.telemetry.logLevel == .warning)
        #expect(settings.auth.jwtSecret?.reveal() == "0123456789abcdef0123456789abcdef")
        #expect(notices.contains { $0.hasPrefix("PORT ") && $0.contains("ATELIER_PORT") })
        #expect(notices.contains { $0.hasPrefix("REDIS_URL ") && $0.contains("no longer needed") })
        #expect(notices.contains { $0.hasPrefix("POE_API_URL ") && $0.contains("not used") })
        #expect(notices.count == 6)

        let (both, said) = LegacySettings.read(.values(["PORT": "4100", "ATELIER_PORT": "4200"]))
        #expect(try ServerSettings(reading: SettingsReader(both)).port == 4200)
        #expect(said == ["PORT is not read, as ATELIER_PORT is set."])
    }

    @Test("a wrong value under an old name is reported with that name")
    func legacyFault() throws {
        let (sources, _) = LegacySettings.read(.values(["PORT": "http"]))
        let error = #expect(throws: SettingsError.self) { try ServerSettings(reading: SettingsReader(sources)) }
        #expect(try #require(error).description.contains("ATELIER_PORT: \"http\" (from PORT)"))
    }

    @Test("the example names every setting once, with what is allowed and its default")
    func example() throws {
        let reader = SettingsReader(.empty)
        _ = try ServerSettings(reading: reader)
        let lines = SettingsExample.text(reader.declared).split(separator: "\n")
        #expect(lines.count == 2 * reader.declared.count)
        #expect(lines.contains("# ATELIER_PORT=3000"))
        #expect(lines.contains("# ATELIER_GRACE=30s"))
        for setting in reader.declared {
            #expect(lines.filter { $0 == "# \(setting.name)=\(setting.defaultText)" }.count == 1)
        }
    }
}
