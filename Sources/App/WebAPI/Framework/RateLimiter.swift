import Synchronization
package import Vocabulary

/// A bucket of tokens for each tenant, in memory: it fills with the allowed rate and holds a minute's worth.
package final class RateLimiter: Sendable {
    package struct Decision: Sendable, Hashable {
        package var isAllowed: Bool
        package var limit: Int
        /// Whole requests that may follow at once.
        package var remaining: Int
        /// Until the bucket is full again; for a refusal, until the next request is allowed.
        package var wait: Duration
    }

    private struct Bucket {
        var tokens: Double
        var at: Timestamp
    }

    private let perMinute: Int
    private let maximumBuckets: Int
    private let buckets = Mutex<[TenantID: Bucket]>([:])

    /// - Parameters:
    ///   - perMinute: requests a minute of one tenant; 0 switches the limit off.
    ///   - maximumBuckets: how many tenants are counted at once; when more call, those who have been quiet the longest
    ///     are forgotten.
    package init(perMinute: Int, maximumBuckets: Int) {
        self.perMinute = perMinute
        self.maximumBuckets = maximumBuckets
    }

    /// - Returns: nil when there is no limit.
    package func take(_ tenant: TenantID, at now: Timestamp) -> Decision? {
        guard perMinute > 0 else { return nil }
        let full = Double(perMinute)
        let perSecond = full / 60
        let tokens = buckets.withLock { buckets -> Double in
            var bucket = buckets[tenant] ?? Bucket(tokens: full, at: now)
            let passed = max(0, (now - bucket.at).fractionalSeconds)
            let before = min(full, bucket.tokens + passed * perSecond)
            bucket = Bucket(tokens: before >= 1 ? before - 1 : before, at: max(now, bucket.at))
            if buckets.count >= maximumBuckets, buckets[tenant] == nil { Self.forgetHalf(&buckets) }
            buckets[tenant] = bucket
            return before
        }
        let isAllowed = tokens >= 1
        let left = isAllowed ? tokens - 1 : tokens
        let missing = isAllowed ? full - left : 1 - left
        return Decision(
            isAllowed: isAllowed, limit: perMinute, remaining: Int(left), wait: .seconds(missing / perSecond))
    }

    package var count: Int { buckets.withLock { $0.count } }

    /// Half at once, so that the sorting is paid rarely.
    private static func forgetHalf(_ buckets: inout [TenantID: Bucket]) {
        let oldest = buckets.sorted { $0.value.at < $1.value.at }.prefix(max(1, buckets.count / 2))
        for (tenant, _) in oldest { buckets[tenant] = nil }
    }
}
