package import Settings

/// How long generations may take, how often they are tried, and how much an engine may answer.
package struct EngineLimits: Sendable, Hashable {
    /// The whole of a text, all attempts included. One attempt is given up after half of it where another engine can
    /// answer.
    package var textDeadline: Duration = .seconds(60)
    package var imageDeadline: Duration = .seconds(180)
    /// From the submission of a film to its file in our storage.
    package var videoDeadline: Duration = .seconds(1800)
    /// How often the same engine is asked again for a text. Pictures and films are asked for again only when the
    /// request certainly never left.
    package var textRetries = 1
    /// Of a whole text answer, in bytes; of a stream too.
    package var textAnswer = 4 << 20
    /// Of an image answer as it comes, base64 included, in bytes; and of an image fetched by its URL.
    package var imageAnswer = 64 << 20
    /// Of one call for the list of an engine's models.
    package var discoveryDeadline: Duration = .seconds(5)
    /// How long such a list is believed.
    package var discoveryLifetime: Duration = .seconds(300)

    package init() {}

    package init(reading reader: SettingsReader) {
        let deadlines = Duration.seconds(1) ... .seconds(86_400)
        textDeadline = reader.duration(
            "ATELIER_TEXT_DEADLINE", default: textDeadline, in: deadlines, "the whole of a text, all attempts included")
        imageDeadline = reader.duration(
            "ATELIER_IMAGE_DEADLINE", default: imageDeadline, in: deadlines,
            "the whole of an image, all attempts included")
        videoDeadline = reader.duration(
            "ATELIER_VIDEO_DEADLINE", default: videoDeadline, in: deadlines, "a film, from its submission to its file")
        textRetries = reader.integer(
            "ATELIER_TEXT_RETRIES", default: textRetries, in: 0...5,
            "how often the same engine is asked again for a text")
        textAnswer = reader.bytes(
            "ATELIER_TEXT_ANSWER_LIMIT", default: textAnswer, in: (64 << 10)...(64 << 20), "most of a text answer")
        imageAnswer = reader.bytes(
            "ATELIER_IMAGE_ANSWER_LIMIT", default: imageAnswer, in: (1 << 20)...(512 << 20),
            "most of an image answer, base64 included")
        discoveryDeadline = reader.duration(
            "ATELIER_MODEL_LIST_DEADLINE", default: discoveryDeadline, in: .milliseconds(100) ... .seconds(60),
            "one call for the list of an engine's models")
        discoveryLifetime = reader.duration(
            "ATELIER_MODEL_LIST_LIFETIME", default: discoveryLifetime, in: .seconds(1) ... .seconds(86_400),
            "how long an engine's list of models is believed")
    }

    /// The deadline of a whole generation of that kind.
    package func deadline(of modality: Modality) -> Duration {
        switch modality {
        case .text: textDeadline
        case .image: imageDeadline
        case .video: videoDeadline
        }
    }
}
