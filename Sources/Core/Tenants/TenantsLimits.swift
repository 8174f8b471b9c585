package import Settings

/// What the tenants' store keeps in memory, and for how long.
package struct TenantsLimits: Sendable {
    /// How many tenants are remembered as good.
    package var cacheEntries = 4_096
    /// For how long; a tenant suspended by another process is refused here after this at the latest.
    package var cacheTTL: Duration = .seconds(5)

    package init() {}

    package init(reading reader: SettingsReader) {
        cacheEntries = reader.integer(
            "ATELIER_TENANT_CACHE", default: cacheEntries, in: 2...1_000_000, "tenants remembered between requests")
        cacheTTL = reader.duration(
            "ATELIER_TENANT_CACHE_TTL", default: cacheTTL, in: .milliseconds(100) ... .seconds(60),
            "how long a tenant is remembered; a suspension by another process works after it")
    }
}
