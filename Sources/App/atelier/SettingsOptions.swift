import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import Server
import Settings
import Vocabulary

/// Where settings come from, for every command that needs them. What is given here is stronger than all else.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Configuration file: YAML, or JSON by its name.", valueName: "file"))
    var config: String?
    @Option(
        name: .customLong("env-file"),
        help: ArgumentHelp("File of NAME=value lines; .env when absent.", valueName: "path"))
    var envFile: String?
    @Option(help: ArgumentHelp("Address to listen on, or where the server does.", valueName: "address"))
    var host: String?
    @Option(help: ArgumentHelp("Port to listen on, or where the server does; 0 for any.", valueName: "number"))
    var port: String?
    @Option(help: ArgumentHelp("Folder of the database, the objects and the secrets.", valueName: "folder"))
    var dataDir: String?
    @Option(name: .customLong("database-url"), help: ArgumentHelp("sqlite://PATH.", valueName: "url"))
    var databaseURL: String?
    @Option(name: .customLong("storage-url"), help: ArgumentHelp("file://PATH.", valueName: "url"))
    var storageURL: String?
    @Option(help: ArgumentHelp("Least level of logs: trace, debug, info, notice, warning, error.", valueName: "level"))
    var logLevel: String?
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting; can be repeated. `atelier config` lists them.", valueName: "name=value"))
    var settings: [String] = []

    func validate() throws {
        for setting in settings where (setting.firstIndex(of: "=") ?? setting.startIndex) == setting.startIndex {
            throw ValidationError("--set takes NAME=VALUE, not \(setting)")
        }
    }

    /// By the settings' names.
    private var flags: [String: String] {
        var flags: [String: String] = [:]
        for setting in settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        // One flag for both ports: a bad value is reported once.
        let generationPort = port.flatMap { UInt16($0) == nil ? nil : $0 }
        let named = [
            "ATELIER_HOST": host, "ATELIER_PORT": port, "ATELIER_GENERATION_PORT": generationPort,
            "ATELIER_DATA_DIR": dataDir,
            "ATELIER_DATABASE_URL": databaseURL, "ATELIER_STORAGE_URL": storageURL, "ATELIER_LOG_LEVEL": logLevel,
        ]
        for case (let name, let value?) in named { flags[name] = value }
        return flags
    }

    /// Reads the settings.
    /// - Parameter more: what further flags of the command gave; nil values are none.
    /// - Throws: `SettingsError` with every fault; `CommandFailure` when the file of `--env-file` isn't there.
    func load(_ more: [String: String?] = [:]) async throws -> LoadedSettings {
        // Only the usual file may be absent, not one that is asked for.
        if let envFile, access(envFile, F_OK) != 0 {
            throw CommandFailure(
                "The file \(envFile) of --env-file can't be used: \(String(cString: strerror(errno))).",
                code: CommandFailure.badSettings)
        }
        var flags = flags
        for case (let name, let value?) in more { flags[name] = value }
        let given = try await SettingsSources.load(
            flags: flags, environment: ProcessInfo.processInfo.environment, dotEnvPath: envFile ?? ".env",
            configPath: config)
        let (sources, legacy) = LegacySettings.read(given)
        let reader = SettingsReader(sources)
        let settings = try ServerSettings(reading: reader)
        let unknown = reader.undeclared().map { "\($0) is not a setting: `atelier config` lists those there are." }
        return LoadedSettings(settings: settings, reader: reader, notices: legacy + unknown)
    }

    /// Reads the settings for a command of which people read the output: notices go to the standard error.
    func loadAndTell(_ more: [String: String?] = [:]) async throws -> LoadedSettings {
        let loaded = try await load(more)
        for notice in loaded.notices { Terminal.errorLine("atelier: \(notice)") }
        return loaded
    }

    /// Opens the installation, brings its schema up to date, and closes it afterwards.
    func withRooms<Result>(_ body: (Rooms) async throws -> Result) async throws -> Result {
        let settings = try await loadAndTell().settings
        let rooms = try Rooms(settings, publicBase: settings.publicBase(port: settings.port), logger: .commands)
        do {
            try await rooms.migrate()
            let result = try await body(rooms)
            await rooms.close()
            return result
        } catch {
            await rooms.close()
            throw error
        }
    }
}

/// The settings, and what there is to say of them.
struct LoadedSettings {
    var settings: ServerSettings
    var reader: SettingsReader
    var notices: [String]
}

extension Logger {
    /// For commands that end soon: they say themselves what is wrong.
    static let commands = Logger(label: "atelier") { _ in SwiftLogNoOpLogHandler() }
}
