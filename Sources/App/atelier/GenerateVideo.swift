import ArgumentParser
import Vocabulary

struct GenerateVideo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "video", abstract: "Makes a film, shows how far it is, and writes its file.")

    /// Between two questions after the job.
    private static let pause: Duration = .milliseconds(500)
    /// How long the server may be away in between: it goes on with the job when it is back.
    private static let absence: Duration = .seconds(60)

    @OptionGroup var common: GenerateOptions
    @Option(help: "In seconds; which ones, depends on the model.") var duration: Int?
    @Option(help: "16:9, 9:16 or 1:1.") var aspect: String?

    func run() async throws {
        try await common.withClient(writing: common.output ?? "film.mp4") { client in
            let queued = try await client.post(
                "/v1/content/generate/video",
                common.body(["duration_seconds": .optional(duration), "aspect_ratio": .optional(aspect)]),
                patience: .seconds(30))
            guard let id = queued["job_id"]?.string else { throw CommandFailure("The answer names no job.") }
            Terminal.errorLine("job \(id)")
            let job = try await wait(for: id, client)
            guard let asset = job["result"]?["asset_id"]?.string else { throw CommandFailure("The job has no film.") }
            let path = common.output ?? "\(id).mp4"
            try await client.download(asset: asset, of: id, to: path)
            Terminal.errorLine("wrote \(path)")
        }
    }

    /// Asks after the job until it has ended.
    private func wait(for id: String, _ client: APIClient) async throws -> JSONValue {
        let clock = ContinuousClock()
        let end = clock.now + client.videoDeadline + Self.absence
        var lastAnswer = clock.now
        var bar = ProgressBar(isInteractive: Terminal.isErrorInteractive)
        while clock.now < end {
            do {
                let job = try await client.get("/v1/content/jobs/\(id)")
                lastAnswer = clock.now
                let status = job["status"]?.string ?? ""
                bar.show(
                    percent: Int(job["progress"]?.int ?? 0),
                    label: status == "processing" ? job["phase"]?.string ?? status : status)
                switch status {
                case "completed":
                    bar.finish()
                    return job
                case "failed", "canceled":
                    bar.finish()
                    throw CommandFailure(
                        "The job \(id) is \(status): \(job["error"]?["detail"]?.string ?? "no reason given")")
                default: break
                }
            } catch let error as CommandFailure where error.code == CommandFailure.unavailable {
                guard clock.now - lastAnswer < Self.absence else { throw error }
            }
            try await Task.sleep(for: Self.pause)
        }
        bar.finish()
        throw CommandFailure("The job \(id) is still at work; GET /v1/content/jobs/\(id) tells when it has ended.")
    }
}
