import ArgumentParser
import Server
import Tenants
import Vocabulary

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Makes, lists, suspends and resumes tenants.",
        subcommands: [Create.self, List.self, Suspend.self, Resume.self])

    /// - Throws: `ValidationError`.
    static func id(_ name: String) throws -> TenantID {
        guard let id = TenantID(name) else {
            throw ValidationError(
                "A tenant's name has 1 to \(TenantID.maximumLength) of a-z, 0-9, - and _, the first a letter or digit: "
                    + "\(name) doesn't.")
        }
        return id
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a tenant.")
        @OptionGroup var options: SettingsOptions
        @Argument var name: String

        func run() async throws {
            let id = try TenantCommand.id(name)
            let tenant = try await options.withRooms { try await $0.tenants.create(id) }
            Terminal.outLine("made \(tenant.id)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists all tenants.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            try await options.withRooms { rooms in
                var page = PageRequest(limit: PageRequest.maximumLimit)
                while true {
                    let found = try await rooms.tenants.list(page)
                    Terminal.out(
                        Table.text(
                            found.items.map { tenant in
                                [
                                    tenant.id.name, "\(tenant.createdAt)",
                                    tenant.suspendedAt == nil ? "active" : "suspended",
                                ]
                            }))
                    guard let next = found.next else { return }
                    page.after = next
                }
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuses a tenant's requests from now on.")
        @OptionGroup var options: SettingsOptions
        @Argument var name: String

        func run() async throws {
            let id = try TenantCommand.id(name)
            try await options.withRooms { _ = try await $0.tenants.suspend(id) }
            Terminal.outLine("suspended \(id)")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lets a suspended tenant in again.")
        @OptionGroup var options: SettingsOptions
        @Argument var name: String

        func run() async throws {
            let id = try TenantCommand.id(name)
            try await options.withRooms { _ = try await $0.tenants.resume(id) }
            Terminal.outLine("resumed \(id)")
        }
    }
}
