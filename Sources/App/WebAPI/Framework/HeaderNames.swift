import HTTPTypes

extension HTTPField.Name {
    private static func known(_ name: String, else fallback: HTTPField.Name) -> HTTPField.Name {
        HTTPField.Name(name) ?? fallback
    }

    static let requestID = known("X-Request-Id", else: .from)
    static let idempotencyKey = known("Idempotency-Key", else: .from)
    static let idempotencyReplayed = known("Idempotency-Replayed", else: .from)
    static let sandboxFault = known("X-Sandbox-Fault", else: .from)
    static let rateLimit = known("RateLimit", else: .from)
    static let rateLimitPolicy = known("RateLimit-Policy", else: .from)
    static let lastEventID = known("Last-Event-ID", else: .from)
    static let accelBuffering = known("X-Accel-Buffering", else: .from)
    static let referrerPolicy = known("Referrer-Policy", else: .from)
    static let webhookID = known("webhook-id", else: .from)
    static let webhookTimestamp = known("webhook-timestamp", else: .from)
    static let webhookSignature = known("webhook-signature", else: .from)
}
