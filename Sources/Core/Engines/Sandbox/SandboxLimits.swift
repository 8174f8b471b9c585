package import Settings

/// How the sandbox works, and how much of the machine it may take.
package struct SandboxLimits: Sendable, Hashable {
    /// How long a film takes, so that its progress can be seen.
    package var renderTime: Duration = .milliseconds(1_500)
    /// How many pictures and films are drawn at once.
    package var renderers = 2
    /// How many may wait to be drawn; more are refused as an overload.
    package var renderQueue = 256
    /// A file that gets a line for every film accepted, before the answer: the request's id, the film's,
    /// and what else the ticket says.
    package var submissionsLog: String?

    package init() {}

    package init(reading reader: SettingsReader) {
        renderTime = reader.duration(
            "ATELIER_SANDBOX_RENDER_TIME", default: renderTime, in: .zero ... .seconds(3_600),
            "how long a film of the sandbox takes")
        renderers = reader.integer(
            "ATELIER_SANDBOX_RENDERERS", default: renderers, in: 1...64,
            "how many pictures and films the sandbox draws at once")
        renderQueue = reader.integer(
            "ATELIER_SANDBOX_RENDER_QUEUE", default: renderQueue, in: 1...10_000,
            "how many pictures and films may wait for the sandbox")
        submissionsLog = reader.text(
            "ATELIER_SANDBOX_SUBMISSIONS_LOG", default: nil,
            "a file that gets a line for every film that the sandbox accepts")
    }
}
