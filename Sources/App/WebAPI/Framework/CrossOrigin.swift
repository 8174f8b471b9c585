import HTTPTypes

/// Which pages of other origins may read answers (Fetch, CORS). Credentials are sent in a header, never as cookies.
struct CrossOrigin: Sendable {
    private let origins: Set<String>
    private let allowsAll: Bool

    init(origins: [String]) {
        self.origins = Set(origins)
        allowsAll = origins.contains("*")
    }

    /// - Returns: nil when an entry is neither `*` nor `scheme://host[:port]`.
    static func parse(_ text: String) -> [String]? {
        let origins = text.split(separator: ",").map { $0.drop { $0 == " " } }.map { String($0) }
            .map { $0.hasSuffix(" ") ? String($0.prefix { $0 != " " }) : $0 }
        let areAllOrigins = origins.allSatisfy { origin in
            guard origin != "*" else { return true }
            let host = origin.hasPrefix("https://") ? origin.dropFirst(8) : origin.dropFirst(7)
            return Schema.Text.isWebAddress(origin) && !host.contains("/") && !host.contains("?")
        }
        return areAllOrigins ? origins : nil
    }

    func add(to headers: inout HTTPFields, origin: String?) {
        guard let origin, !origins.isEmpty else { return }
        if !allowsAll { headers[.vary] = "Origin" }
        guard allowsAll || origins.contains(origin) else { return }
        headers[.accessControlAllowOrigin] = allowsAll ? "*" : origin
        headers[.accessControlExposeHeaders] =
            "X-Request-Id, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, Location, Content-Range, "
            + "ETag"
    }

    func addPreflight(to headers: inout HTTPFields, allow: String) {
        guard headers[.accessControlAllowOrigin] != nil else { return }
        headers[.accessControlAllowMethods] = allow
        headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Range, X-Request-Id, X-Sandbox-Fault, "
            + "traceparent"
        headers[.accessControlMaxAge] = "600"
    }
}
