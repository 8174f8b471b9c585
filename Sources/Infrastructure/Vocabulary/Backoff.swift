/// How long to wait before the next try: exponential, capped, with full jitter over the upper half.
package struct Backoff: Hashable, Sendable {
    package var first: Duration
    /// By what the wait grows at each attempt: more than 1.
    package var factor: Double
    package var most: Duration

    package init(first: Duration, factor: Double = 2, most: Duration) {
        self.first = first
        self.factor = factor
        self.most = most
    }

    /// - Parameters:
    ///   - attempt: 1 for the wait after the first failure.
    ///   - fraction: in `0..<1`; spreads the wait over `50...100 %`, so that what failed together doesn't return
    ///     together.
    package func delay(afterAttempt attempt: Int, fraction: Double) -> Duration {
        var seconds = first.fractionalSeconds
        let limit = most.fractionalSeconds
        for _ in 1..<max(attempt, 1) {
            if seconds >= limit { break }
            seconds *= factor
        }
        return .seconds(min(seconds, limit) * (0.5 + fraction / 2))
    }
}
