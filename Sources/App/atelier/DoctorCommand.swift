import ArgumentParser
import Egress
import HTTPTypes
import Server
import Vocabulary

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Says what is wrong with an installation, a sentence each.",
        aliases: ["health"])

    @OptionGroup var options: SettingsOptions
    @Option(help: ArgumentHelp("all, or a comma list of gateway, generation, worker.", valueName: "roles"))
    var role: String?
    @Option(help: ArgumentHelp("Only ask the server there whether it is ready.", valueName: "url"))
    var live: String?

    func run() async throws {
        if let live { return try await ask(live) }
        let settings = try await options.loadAndTell(["ATELIER_ROLE": role]).settings
        Terminal.outLine("ok     The settings are in order.")
        let egress = Egress(limits: settings.egress, surroundings: .system, logger: .commands)
        let findings = await Checkup(settings, egress: egress, surroundings: .system, logger: .commands).run()
        await egress.shutdown()
        for finding in findings { Terminal.outLine((finding.isGood ? "ok     " : "wrong  ") + finding.sentence) }
        if findings.contains(where: { !$0.isGood }) { throw ExitCode.failure }
    }

    /// For the health check of a container: quick, and without the settings.
    private func ask(_ base: String) async throws {
        let egress = Egress(limits: EgressLimits(), surroundings: .system, logger: .commands)
        let url = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/health/ready"
        let request = EgressRequest(
            .get, url, trust: .configured,
            deadlines: EgressDeadlines(connect: .seconds(2), firstByte: .seconds(4), whole: .seconds(5)),
            maximumBodySize: 64 << 10)
        do {
            let response = try await egress.send(request)
            let body = String(decoding: try await response.bytes(), as: UTF8.self)
            await egress.shutdown()
            guard response.status == 200 else { throw CommandFailure("\(url) answers \(response.status): \(body)") }
            Terminal.outLine(body)
        } catch let error as EgressError {
            await egress.shutdown()
            throw CommandFailure("\(url) can't be reached: \(CommandFailure.cause(error)).")
        }
    }
}
