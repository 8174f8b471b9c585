/// Why a call has no answer. An answer with a bad status is an answer, not an error.
package struct EgressError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Nothing of the request reached the other side: name not found, refused, TLS failed, no time left.
        case notSent
        /// The request may have arrived, and no answer came. Whether it took effect is unknown.
        case unknown
        /// The address isn't public and wasn't allowed, or the URL has no form that we call. Nothing was sent.
        case addressRefused
        /// The breaker of that host is open. Nothing was sent.
        case circuitOpen
        /// The head of the answer came; its body then exceeded the cap.
        case bodyTooLarge
        /// The head of the answer came; its body ended too early.
        case truncated
        /// The head of the answer came; its body didn't end in time.
        case deadlineExceeded
    }

    package var code: Code
    /// Plain words for the log; no header, no query.
    package var detail: String
    /// When the breaker may close again.
    package var retryAfter: Duration?

    package init(_ code: Code, _ detail: String, retryAfter: Duration? = nil) {
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// Whether it is certain that the request had no effect.
    package var isCertainlyWithoutEffect: Bool {
        switch code {
        case .notSent, .addressRefused, .circuitOpen: true
        case .unknown, .bodyTooLarge, .truncated, .deadlineExceeded: false
        }
    }

    package var description: String { "egress: \(code.rawValue): \(detail)" }
}
