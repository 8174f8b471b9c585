package import Settings

/// The limits of the HTTP face.
package struct WebAPILimits: Sendable {
    /// Of a JSON body, in bytes.
    package var maximumBody = 1 << 20
    /// How deep a body's arrays and objects may be nested.
    package var maximumDepth = 64
    /// For a body to arrive.
    package var bodyDeadline: Duration = .seconds(30)
    /// Requests a minute of one tenant, counted in this process; 0 for no limit.
    package var requestsPerMinute = 600
    /// How many tenants are counted at once.
    package var rateLimitTenants = 10_000
    /// Requests and open streams of this process at once.
    package var requestsInFlight = 1_024
    /// Those of one tenant.
    package var tenantRequestsInFlight = 256
    /// Between the comments that keep a quiet event stream open.
    package var heartbeat: Duration = .seconds(15)
    /// How long the answer to an `Idempotency-Key` is kept.
    package var idempotencyLifetime: Duration = .seconds(86_400)
    /// For each of the checks behind the health routes.
    package var healthDeadline: Duration = .seconds(2)
    /// How long a text, and an image, may be at work: a request with the same `Idempotency-Key` waits that long for one
    /// that died.
    package var textDeadline: Duration = .seconds(60)
    package var imageDeadline: Duration = .seconds(180)
    /// Origins whose pages may call; `*` for all.
    package var corsOrigins: [String] = []

    /// Of an `Idempotency-Key`, in characters. Part of the contract, so no setting.
    package static let idempotencyKeyLength = 255
    /// Of an `X-Request-Id` that is taken over, in characters.
    package static let requestIDLength = 128

    package init() {}

    package init(reading reader: SettingsReader) {
        maximumBody = reader.bytes(
            "ATELIER_MAX_BODY", default: maximumBody, in: 1_024...(64 << 20), "size of a JSON body at most")
        maximumDepth = reader.integer(
            "ATELIER_MAX_JSON_DEPTH", default: maximumDepth, in: 4...256, "how deep a JSON body may be nested")
        bodyDeadline = reader.duration(
            "ATELIER_BODY_DEADLINE", default: bodyDeadline, in: .milliseconds(100) ... .seconds(600),
            "for a request's body to arrive")
        requestsPerMinute = reader.integer(
            "ATELIER_RATE_LIMIT", default: requestsPerMinute, in: 0...10_000_000,
            "requests a minute of one tenant; 0 for no limit")
        rateLimitTenants = reader.integer(
            "ATELIER_RATE_LIMIT_TENANTS", default: rateLimitTenants, in: 2...10_000_000,
            "tenants whose requests are counted at once")
        requestsInFlight = reader.integer(
            "ATELIER_MAX_IN_FLIGHT", default: requestsInFlight, in: 1...1_000_000,
            "requests and streams of one process at once")
        tenantRequestsInFlight = reader.integer(
            "ATELIER_TENANT_IN_FLIGHT", default: tenantRequestsInFlight, in: 1...1_000_000,
            "requests and streams of one tenant at once, in one process")
        heartbeat = reader.duration(
            "ATELIER_SSE_HEARTBEAT", default: heartbeat, in: .milliseconds(50) ... .seconds(300),
            "between the comments that keep a quiet event stream open")
        idempotencyLifetime = reader.duration(
            "ATELIER_IDEMPOTENCY_TTL", default: idempotencyLifetime, in: .seconds(1) ... .seconds(30 * 86_400),
            "how long the answer to an Idempotency-Key is kept")
        healthDeadline = reader.duration(
            "ATELIER_HEALTH_DEADLINE", default: healthDeadline, in: .milliseconds(50) ... .seconds(60),
            "for each check behind the health routes")
        textDeadline = reader.duration(
            "ATELIER_TEXT_DEADLINE", default: textDeadline, in: .seconds(1) ... .seconds(86_400),
            "the whole of a text, all attempts included")
        imageDeadline = reader.duration(
            "ATELIER_IMAGE_DEADLINE", default: imageDeadline, in: .seconds(1) ... .seconds(3_600),
            "the whole of an image, all attempts included")
        corsOrigins = reader.parsed(
            "ATELIER_CORS_ORIGINS", default: corsOrigins, defaultText: "",
            allowed: "a comma list of origins such as https://app.example.com, or *",
            "origins whose pages may call the API", parse: CrossOrigin.parse)
    }
}
