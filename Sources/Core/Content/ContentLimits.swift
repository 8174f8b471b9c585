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
    /// For one create of a film, and for one question about it.
    package var submitDeadline: Duration = .seconds(60)
    /// For one fetch of a finished film.
    package var fetchDeadline: Duration = .seconds(300)
    /// How often a finished film is fetched before the job fails, when it is the file that is wrong.
    package var fetchAttempts = 5
    /// How long a finished film is fetched at least, whatever the job's deadline.
    package var fetchPatience: Duration = .seconds(15 * 60)
    /// Renders that one process works on at once; the rest of its workers is for everything else.
    package var renderWorkers = 48
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
        submitDeadline = reader.duration(
            "ATELIER_SUBMIT_DEADLINE", default: submitDeadline, in: .milliseconds(100) ... .seconds(600),
            "one create of a film, and one question about it")
        fetchDeadline = reader.duration(
            "ATELIER_FETCH_DEADLINE", default: fetchDeadline, in: .seconds(1) ... .seconds(3600),
            "one fetch of a finished film")
        fetchPatience = reader.duration(
            "ATELIER_FETCH_PATIENCE", default: fetchPatience, in: .seconds(1) ... .seconds(86_400),
            "how long a finished film is fetched at least, whatever the job's deadline")
        renderWorkers = reader.integer(
            "ATELIER_RENDER_WORKERS", default: renderWorkers, in: 1...10_000,
            "renders that one process works on at once")
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
