import ArgumentParser
import Vocabulary

struct GenerateImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Makes an image, and writes its file.")

    @OptionGroup var common: GenerateOptions
    @Option(help: "Width and height: 1024x1024.") var size: String?

    func run() async throws {
        try await common.withClient(writing: common.output ?? "image.png") { client in
            let record = try await client.post(
                "/v1/content/generate/image", common.body(["size": .optional(size)]),
                patience: client.imageDeadline)
            guard let asset = record["asset_id"]?.string else { throw CommandFailure("The answer names no file.") }
            let suffix = record["storage_path"]?.string?.split(separator: ".").last.map(String.init) ?? "png"
            let path = common.output ?? "\(asset).\(suffix)"
            try await client.download(asset: asset, to: path)
            Terminal.errorLine("wrote \(path)")
        }
    }
}
