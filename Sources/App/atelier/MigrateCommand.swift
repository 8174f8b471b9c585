import ArgumentParser
import Server

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the schema up to date, as a start does.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let settings = try await options.loadAndTell().settings
        let rooms = try Rooms(settings, publicBase: settings.publicBase(port: settings.port), logger: .commands)
        do {
            let applied = try await rooms.migrate()
            for id in applied { Terminal.outLine("ran \(id)") }
            if applied.isEmpty { Terminal.outLine("The schema is up to date.") }
        } catch {
            await rooms.close()
            throw error
        }
        await rooms.close()
    }
}
