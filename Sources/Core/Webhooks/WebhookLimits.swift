import FoundationEssentials
package import Settings

/// The limits of deliveries.
package struct WebhookLimits: Sendable {
    /// The waits before the second try and those after it: 27.6 hours in all by default.
    package var retries: [Duration] = [
        .seconds(5), .seconds(300), .seconds(1800), .seconds(7200), .seconds(18_000), .seconds(36_000),
        .seconds(36_000),
    ]
    /// How long a receiver may take.
    package var timeout: Duration = .seconds(15)
    /// Deliveries at the same time in this process, though never more than half of the queue's workers. A tenant has
    /// half of them at most.
    package var workers = 16
    /// Deliveries to one address at the same time, in this process.
    package var concurrency = 8
    /// How long a delivery waits at most before it asks again for its turn at a busy receiver.
    package var longestWait: Duration = .seconds(300)
    /// Endpoints of one tenant.
    package var endpoints = 20
    /// How long the former secret signs too after a rotation.
    package var rotationOverlap: Duration = .seconds(86_400)
    /// An endpoint to which nothing could be delivered for this long is switched off.
    package var disableAfter: Duration = .seconds(5 * 86_400)
    /// How long ended deliveries are kept.
    package var retention: Duration = .seconds(30 * 86_400)

    /// By how much the waits are spread.
    static let spread = 0.8...1.2

    /// The longest time that the schedule takes: every wait at its longest, every try until its timeout.
    package var longestSchedule: Duration {
        retries.reduce(.zero, +) * Self.spread.upperBound + timeout * (retries.count + 1)
    }

    /// The longest URL, in bytes.
    package static let maximumURLLength = 2048
    /// Of a receiver's answer, in bytes; what it says is not kept.
    package static let maximumAnswer: Int64 = 64 << 10

    package init() {}

    package init(reading reader: SettingsReader) {
        retries = reader.parsed(
            "ATELIER_WEBHOOK_RETRIES", default: retries, defaultText: "5s,5m,30m,2h,5h,10h,10h",
            allowed: "a comma list of 1 to 20 durations",
            "the waits before the second try of a delivery and those after it",
            print: Self.text, parse: Self.durations)
        timeout = reader.duration(
            "ATELIER_WEBHOOK_TIMEOUT", default: timeout, in: .milliseconds(100) ... .seconds(60),
            "how long a receiver of webhooks may take")
        workers = reader.integer(
            "ATELIER_WEBHOOK_WORKERS", default: workers, in: 1...10_000,
            "deliveries of webhooks at the same time, at most half of the queue's workers; a tenant has half of them")
        concurrency = reader.integer(
            "ATELIER_WEBHOOK_CONCURRENCY", default: concurrency, in: 1...1000,
            "deliveries to one address at the same time")
        longestWait = reader.duration(
            "ATELIER_WEBHOOK_LONGEST_WAIT", default: longestWait, in: .seconds(1) ... .seconds(3600),
            "how long a delivery waits at most before it asks again for its turn at a busy receiver")
        endpoints = reader.integer(
            "ATELIER_WEBHOOK_ENDPOINTS", default: endpoints, in: 1...1000, "webhook endpoints of one tenant at most")
        rotationOverlap = reader.duration(
            "ATELIER_WEBHOOK_ROTATION", default: rotationOverlap, in: .zero ... .seconds(30 * 86_400),
            "how long the former secret signs too after a rotation")
        disableAfter = reader.duration(
            "ATELIER_WEBHOOK_DISABLE_AFTER", default: disableAfter, in: .seconds(60) ... .seconds(90 * 86_400),
            "an endpoint that takes nothing for this long is switched off")
        retention = reader.duration(
            "ATELIER_WEBHOOK_RETENTION", default: retention, in: .seconds(60) ... .seconds(3650 * 86_400),
            "how long ended deliveries are kept")
    }

    private static func text(_ durations: [Duration]) -> String {
        durations.map { SettingsNotation.text($0) }.joined(separator: ",")
    }

    private static func durations(_ text: String) -> [Duration]? {
        let parts = text.split(separator: ",").map { SettingsNotation.duration(String($0.filter { $0 != " " })) }
        let durations = parts.compactMap { $0 }
        return durations.count == parts.count && (1...20).contains(parts.count) ? durations : nil
    }
}
