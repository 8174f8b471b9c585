import ArgumentParser
import Egress
import FoundationEssentials
import Vocabulary

struct GenerateText: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text", abstract: "Makes a text, and shows it as it comes.")

    @OptionGroup var common: GenerateOptions
    @Option(help: "1 to 4000.") var maxTokens: Int?

    func run() async throws {
        try await common.withClient(writing: common.output) { client in
            let body = common.body(["stream": .flag(true), "max_tokens": .optional(maxTokens)])
            let events = try await client.events(
                "/v1/content/generate/text", body, patience: client.textDeadline)
            var text = ""
            var record: JSONValue?
            for try await event in events {
                let data = try? JSONDecoder().decode(JSONValue.self, from: Data(event.data.utf8))
                switch event.event {
                case "delta":
                    let part = data?["content"]?.string ?? ""
                    text += part
                    if common.output == nil { Terminal.out(part) }
                case "done":
                    record = data
                case "error":
                    if !text.isEmpty, common.output == nil { Terminal.out("\n") }
                    throw APIClient.failure(data, otherwise: "The text broke off.")
                default: break
                }
            }
            if common.output == nil, !text.isEmpty { Terminal.out("\n") }
            guard let record else { throw CommandFailure("The text broke off before its end.") }
            guard let path = common.output else { return }
            try write(record["content"]?.string ?? text, of: record["id"]?.string, to: path)
            Terminal.errorLine("wrote \(path)")
        }
    }

    /// What can't be written after all goes to the standard output: it is paid for.
    private func write(_ text: String, of id: String?, to path: String) throws {
        do {
            let file = try OutputFile(path)
            do {
                try file.write(Array((text + "\n").utf8))
                try file.commit()
            } catch {
                file.discard()
                throw error
            }
        } catch let error as CommandFailure {
            Terminal.outLine(text)
            throw CommandFailure("\(error.message) The text\(id.map { " \($0)" } ?? "") is on the standard output.")
        }
    }
}
