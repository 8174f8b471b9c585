import ArgumentParser
import Glibc

/// The program.
@main
struct Atelier: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "atelier", abstract: "Turns prompts into text, images and video for many tenants.",
        subcommands: [
            ServeCommand.self, WorkerCommand.self, MigrateCommand.self, ConfigCommand.self, DoctorCommand.self,
            TenantCommand.self, KeyCommand.self, TokenCommand.self, JobsCommand.self, GenerateCommand.self,
            VersionCommand.self,
        ])

    static func main() async {
        // A reader that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            if error is ExitCode || code == .success || code == .validationFailure { exit(withError: error) }
            Terminal.errorLine(CommandFailure.text(of: error))
            Glibc.exit(CommandFailure.exitCode(of: error))
        }
    }
}
