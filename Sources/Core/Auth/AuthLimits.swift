package import Settings

/// The limits of checking credentials.
package struct AuthLimits: Sendable {
    /// The longest token that is looked at, in bytes.
    package var maximumTokenSize = 8_192
    /// How far the issuer's clock may be off.
    package var leeway: Duration = .seconds(30)
    /// How many verified tokens are remembered.
    package var tokenCacheEntries = 4_096
    /// After how long the issuer's keys are fetched again.
    package var jwksRefresh: Duration = .seconds(600)
    /// The shortest time between two fetches because of an unknown key, and after a failed one.
    package var jwksRetry: Duration = .seconds(60)
    /// The whole time of one fetch of the issuer's keys.
    package var jwksDeadline: Duration = .seconds(5)
    /// The largest key set that is read, in bytes.
    package var jwksMaximumSize = 262_144
    /// How many API keys are remembered.
    package var keyCacheEntries = 4_096
    /// For how long; a key revoked by another process is refused here after this at the latest.
    package var keyCacheTTL: Duration = .seconds(5)
    /// How often the last use of API keys is written down.
    package var keyUseInterval: Duration = .seconds(60)
    /// How many API keys in use a tenant may have.
    package var keysPerTenant = 1_000

    package init() {}

    package init(reading reader: SettingsReader) {
        maximumTokenSize = reader.bytes(
            "ATELIER_JWT_MAX_SIZE", default: maximumTokenSize, in: 512...65_536, "longest token that is looked at")
        leeway = reader.duration(
            "ATELIER_JWT_LEEWAY", default: leeway, in: .zero ... .seconds(300),
            "how far the clock of a token's issuer may be off")
        tokenCacheEntries = reader.integer(
            "ATELIER_JWT_CACHE", default: tokenCacheEntries, in: 2...1_000_000, "verified tokens remembered")
        jwksRefresh = reader.duration(
            "ATELIER_JWKS_REFRESH", default: jwksRefresh, in: .seconds(10) ... .seconds(86_400),
            "after how long the issuer's keys are fetched again")
        jwksRetry = reader.duration(
            "ATELIER_JWKS_RETRY", default: jwksRetry, in: .seconds(1) ... .seconds(3_600),
            "shortest time between fetches because of an unknown key or a failure")
        jwksDeadline = reader.duration(
            "ATELIER_JWKS_DEADLINE", default: jwksDeadline, in: .milliseconds(100) ... .seconds(60),
            "whole time of one fetch of the issuer's keys")
        jwksMaximumSize = reader.bytes(
            "ATELIER_JWKS_MAX_SIZE", default: jwksMaximumSize, in: 1_024...4_194_304, "largest key set that is read")
        keyCacheEntries = reader.integer(
            "ATELIER_API_KEY_CACHE", default: keyCacheEntries, in: 2...1_000_000, "API keys remembered between requests"
        )
        keyCacheTTL = reader.duration(
            "ATELIER_API_KEY_CACHE_TTL", default: keyCacheTTL, in: .milliseconds(100) ... .seconds(60),
            "how long an API key is remembered; a revocation by another process works after it")
        keyUseInterval = reader.duration(
            "ATELIER_API_KEY_USE_INTERVAL", default: keyUseInterval, in: .seconds(1) ... .seconds(3_600),
            "how often the last use of API keys is written down")
        keysPerTenant = reader.integer(
            "ATELIER_API_KEYS_PER_TENANT", default: keysPerTenant, in: 1...100_000, "API keys in use a tenant may have")
    }
}
