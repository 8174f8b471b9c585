import ArgumentParser
import Auth
import Server
import Settings
import Tenants
import Vocabulary

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Makes, lists and revokes API keys.",
        subcommands: [Create.self, List.self, Revoke.self])

    /// - Throws: `ValidationError` that names the roles.
    static func roles(_ names: [String], default roles: Set<Role>) throws -> Set<Role> {
        guard !names.isEmpty else { return roles }
        return Set(
            try names.map { name in
                guard let role = Role(rawValue: name) else {
                    let allowed = Role.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("There is no role \(name): the roles are \(allowed).")
                }
                return role
            })
    }

    /// `30d` from now, or a moment.
    private static func expiry(_ text: String) throws -> Timestamp {
        if let duration = SettingsNotation.duration(text) { return Timestamp.system() + duration }
        guard let moment = Timestamp(text) ?? Timestamp(text + "T00:00:00Z") else {
            throw ValidationError("--expires takes 12h, 30d, 2027-01-31 or 2027-01-31T12:00:00Z, not \(text).")
        }
        return moment
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes an API key, and prints it this once.")
        @OptionGroup var options: SettingsOptions
        @Option var tenant: String
        @Option(help: "What its owner calls it.") var name = "command line"
        @Flag(help: "A test key: gets the sandbox engines only, and costs nothing.") var test = false
        @Option(help: "member, admin or platform_admin; can be repeated.") var role: [String] = []
        @Option(help: "30d, 2027-01-31 or a moment; never by default.") var expires: String?

        func run() async throws {
            let tenant = try TenantCommand.id(tenant)
            let roles = try KeyCommand.roles(role, default: [.member])
            let expiry = try expires.map { try KeyCommand.expiry($0) }
            let made = try await options.withRooms { rooms in
                guard try await rooms.tenants.find(tenant) != nil || rooms.settings.openTenants else {
                    throw CommandFailure(
                        "There is no tenant \(tenant): make it with `atelier tenant create \(tenant)`.")
                }
                return try await rooms.keys.create(
                    tenant, name: name, kind: test ? .test : .live, roles: roles, expiresAt: expiry)
            }
            Terminal.errorLine("made \(made.key.id); it can't be shown again:")
            Terminal.outLine(made.secret.reveal())
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists a tenant's API keys, revoked ones too.")
        @OptionGroup var options: SettingsOptions
        @Option var tenant: String

        func run() async throws {
            let tenant = try TenantCommand.id(tenant)
            try await options.withRooms { rooms in
                var page = PageRequest(limit: PageRequest.maximumLimit)
                while true {
                    let found = try await rooms.keys.list(tenant, page)
                    Terminal.out(Table.text(found.items.map(KeyCommand.row)))
                    guard let next = found.next else { return }
                    page.after = next
                }
            }
        }
    }

    private static func row(_ key: APIKey) -> [String] {
        let state =
            if let revoked = key.revokedAt {
                "revoked \(revoked)"
            } else {
                key.expiresAt.map { "until \($0)" } ?? "active"
            }
        let used = key.lastUsedAt.map { "used \($0)" } ?? "never used"
        let roles = key.roles.map(\.rawValue).sorted().joined(separator: ",")
        return [key.id.text, key.kind.rawValue, roles, "\(key.createdAt)", used, state, key.name]
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuses an API key from now on.")
        @OptionGroup var options: SettingsOptions
        @Option var tenant: String
        @Argument(help: "The key's id, as listed.") var id: String

        func run() async throws {
            let tenant = try TenantCommand.id(tenant)
            guard let id = APIKeyID(id) else {
                throw ValidationError("\(id) is not the id of a key: `atelier key list`.")
            }
            try await options.withRooms { _ = try await $0.keys.revoke(tenant, id) }
            Terminal.outLine("revoked \(id)")
        }
    }
}
