package import Settings

/// The limits of this room.
package struct ContentLimits: Sendable {
    /// Of a prompt, in characters.
    package var promptLength = 32_000
    /// Unfinished jobs of one tenant.
    package var openJobs = 20_000
    /// Reference images of one film.
    package var referenceImages = 4
    /// Between two questions to a provider that names no pace of its own.
    package var pollInterval: Duration = .seconds(5)
    /// Before the first question after a submit.
    package var firstPoll: Duration = .milliseconds(500)
    /// How often a finished film is fetched before the job fails.
    package var fetchAttempts = 5
    /// How far a film's length may be from what was asked.
    package var durationTolerance: Duration = .seconds(1)
    /// How long the links in answers stay good.
    package var linkTTL: Duration = .seconds(3600)
    /// How long an ended job, its events and the record of a text are kept. 0 keeps them.
    package var retention: Duration = .seconds(90 * 86_400)

    package init() {}

    package init(reading reader: SettingsReader) {
        promptLength = reader.integer(
            "ATELIER_PROMPT_LENGTH", default: promptLength, in: 1...1_000_000, "characters of a prompt at most")
        openJobs = reader.integer(
            "ATELIER_OPEN_JOBS", default: openJobs, in: 1...10_000_000, "unfinished jobs of one tenant at most")
        referenceImages = reader.integer(
            "ATELIER_REFERENCE_IMAGES", default: referenceImages, in: 0...16, "reference images of one film at most")
        pollInterval = reader.duration(
            "ATELIER_POLL_INTERVAL", default: pollInterval, in: .milliseconds(100) ... .seconds(300),
            "between two questions about a render")
        firstPoll = reader.duration(
            "ATELIER_FIRST_POLL", default: firstPoll, in: .milliseconds(10) ... .seconds(300),
            "before the first question about a render")
        fetchAttempts = reader.integer(
            "ATELIER_FETCH_ATTEMPTS", default: fetchAttempts, in: 1...20, "tries to fetch a finished film")
        durationTolerance = reader.duration(
            "ATELIER_DURATION_TOLERANCE", default: durationTolerance, in: .zero ... .seconds(60),
            "how far a film's length may be from what was asked")
        linkTTL = reader.duration(
            "ATELIER_LINK_TTL", default: linkTTL, in: .seconds(10) ... .seconds(7 * 86_400),
            "how long links in answers stay good")
        retention = reader.duration(
            "ATELIER_RETENTION", default: retention, in: .zero ... .seconds(3650 * 86_400),
            "how long ended jobs are kept; 0 keeps them")
    }
}
