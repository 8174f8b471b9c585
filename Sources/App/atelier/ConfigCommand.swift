import ArgumentParser
import Server
import Settings

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows the effective settings, and where each comes from.")

    @OptionGroup var options: SettingsOptions
    @Option(help: ArgumentHelp("all, or a comma list of gateway, generation, worker.", valueName: "roles"))
    var role: String?
    @Flag(help: "Print every setting with its default, as in .env.example.")
    var example = false

    func run() async throws {
        if example {
            let reader = SettingsReader(.empty)
            _ = try ServerSettings(reading: reader)
            return Terminal.out(SettingsExample.text(reader.declared))
        }
        Terminal.outLine(try await options.loadAndTell(["ATELIER_ROLE": role]).reader.settingsTable())
    }
}
