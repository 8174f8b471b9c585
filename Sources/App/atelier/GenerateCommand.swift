import ArgumentParser

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Makes a text, an image or a film with a running server.",
        subcommands: [GenerateText.self, GenerateImage.self, GenerateVideo.self])
}

/// What the three have in common.
struct GenerateOptions: ParsableArguments {
    @Argument(help: "What to make.") var prompt: String
    @Option(name: [.short, .customLong("output")], help: ArgumentHelp("Where to write it.", valueName: "file"))
    var output: String?
    @Option(help: "The model, or engine/model; the server's default when absent.") var model: String?
    @Option(name: .customLong("type"), help: "The template: creative-copy, product-image, explainer-video, …")
    var type: String?
    @Option(help: "The server; by default the one on host and port of the settings.") var url: String?
    @Option(help: "A token or an API key; by default one made with the secret in the data folder.") var token: String?
    @OptionGroup var settings: SettingsOptions

    /// Calls the server, and closes the connections afterwards.
    /// - Parameter path: where the result goes. It is tried first: what can't be written isn't asked for.
    func withClient(writing path: String?, _ body: (APIClient) async throws -> Void) async throws {
        let loaded = try await settings.loadAndTell(["ATELIER_URL": url, "ATELIER_TOKEN": token])
        if let path { try OutputFile.check(path) }
        let client = try APIClient(loaded.settings)
        do {
            try await body(client)
            await client.close()
        } catch {
            await client.close()
            throw error
        }
    }

    /// The members that all bodies have, and `more`.
    func body(_ more: [String: JSONMember]) -> [String: JSONMember] {
        let common: [String: JSONMember] = [
            "prompt": .text(prompt), "model": .optional(model), "system_prompt_type": .optional(type),
        ]
        return common.merging(more) { _, own in own }
    }
}
