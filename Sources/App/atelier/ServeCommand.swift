import ArgumentParser
import Logging
import Server
import Telemetry

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves the API, and works the queue, until told to stop.")

    @OptionGroup var options: SettingsOptions
    @Option(help: ArgumentHelp("all, or a comma list of gateway, generation, worker.", valueName: "roles"))
    var role: String?
    @Flag(help: "Say nothing on the standard output.")
    var quiet = false

    func run() async throws {
        let loaded = try await options.load(["ATELIER_ROLE": role])
        try await ServerProcess.run(loaded, isQuiet: quiet)
    }
}

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Works the queue alone, until told to stop.")

    @OptionGroup var options: SettingsOptions
    @Flag(help: "Say nothing on the standard output.")
    var quiet = false

    func run() async throws {
        let loaded = try await options.load(["ATELIER_ROLE": ServerSettings.Role.worker.rawValue])
        try await ServerProcess.run(loaded, isQuiet: quiet)
    }
}

/// A process that goes on until SIGTERM or SIGINT: the first lets requests and jobs end, the second ends it at once.
enum ServerProcess {
    static func run(_ loaded: LoadedSettings, isQuiet: Bool) async throws {
        OpenFiles.raiseLimit()
        let metrics = Telemetry.bootstrap(loaded.settings.telemetry)
        let logger = Logger(label: "atelier")
        for notice in loaded.notices { logger.warning("\(notice)") }
        let server = try Server(loaded.settings, renderMetrics: { metrics.render() }, logger: logger)
        try await server.run(stoppingOnSignals: true) {
            logger.info("ready", metadata: ["version": "\(Server.version)"])
            if !isQuiet { Terminal.out(await Banner.text(for: server)) }
        }
    }
}
