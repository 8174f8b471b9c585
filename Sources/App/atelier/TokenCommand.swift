import ArgumentParser
import Auth
import Server
import Settings
import Vocabulary

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Prints a token signed with the configured secret.")

    @OptionGroup var options: SettingsOptions
    @Option var tenant: String
    @Option(help: "member, admin or platform_admin; can be repeated.") var role: [String] = []
    @Option(help: "For how long it is good: 90s, 30m, 1h, 7d.") var ttl = "1h"
    @Option(help: "Whom it names.") var subject = "command-line"

    func run() async throws {
        let tenant = try TenantCommand.id(tenant)
        let roles = try KeyCommand.roles(role, default: [.member])
        guard let life = SettingsNotation.duration(ttl), life > .zero else {
            throw ValidationError("--ttl takes 90s, 30m, 1h or 7d, not \(ttl).")
        }
        let settings = try await options.loadAndTell().settings
        let secrets = GeneratedSecrets(dataFolder: settings.dataFolder, surroundings: .system)
        let issuer = try TokenIssuer(settings: try secrets.complete(settings.auth), surroundings: .system)
        Terminal.outLine(try issuer.mint(tenant: tenant, subject: subject, roles: roles, ttl: life))
    }
}
