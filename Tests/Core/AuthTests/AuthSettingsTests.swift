import Auth
import Settings
import Testing
import Vocabulary

@Suite struct AuthSettingsTests {
    private func read(_ values: [String: String]) -> (settings: AuthSettings, faults: [String]) {
        let reader = SettingsReader(.values(values))
        let settings = AuthSettings(reading: reader)
        return (settings, reader.faults.map(\.name))
    }

    @Test("Nothing is configured by default, and HS256 is what is left")
    func defaults() {
        let reader = SettingsReader(.empty)
        let settings = AuthSettings(reading: reader)
        #expect(reader.faults.isEmpty)
        #expect(
            settings.jwtSecret == nil && settings.jwksURL == nil && settings.issuer == nil && settings.audience == nil)
        #expect(settings.algorithms == [.hs256])
        #expect(settings.limits.leeway == .seconds(30))
        #expect(settings.limits.jwksRefresh == .seconds(600))
        #expect(settings.limits.tokenCacheEntries == 4_096)
        #expect(settings.limits.maximumTokenSize == 8_192)
    }

    @Test("Every setting is read")
    func all() {
        let (settings, faults) = read([
            "ATELIER_JWT_SECRET": TokenForge.secret.reveal(), "ATELIER_JWKS_URL": "https://issuer.example/jwks",
            "ATELIER_JWT_ISSUER": "i", "ATELIER_JWT_AUDIENCE": "a", "ATELIER_JWT_ALGORITHMS": "HS256, EdDSA",
            "ATELIER_JWT_LEEWAY": "5m", "ATELIER_JWT_CACHE": "10", "ATELIER_JWT_MAX_SIZE": "4KiB",
            "ATELIER_JWKS_REFRESH": "1h", "ATELIER_JWKS_RETRY": "2m", "ATELIER_JWKS_DEADLINE": "2s",
            "ATELIER_JWKS_MAX_SIZE": "64KiB", "ATELIER_API_KEY_CACHE": "20", "ATELIER_API_KEY_CACHE_TTL": "1s",
            "ATELIER_API_KEY_USE_INTERVAL": "5m", "ATELIER_API_KEYS_PER_TENANT": "3",
        ])
        #expect(faults.isEmpty)
        #expect(settings.jwtSecret == TokenForge.secret)
        #expect(settings.jwksURL == "https://issuer.example/jwks")
        #expect(settings.issuer == "i" && settings.audience == "a")
        #expect(settings.algorithms == [.hs256, .edDSA])
        let limits = settings.limits
        #expect(limits.leeway == .seconds(300) && limits.tokenCacheEntries == 10 && limits.maximumTokenSize == 4_096)
        #expect(limits.jwksRefresh == .seconds(3_600) && limits.jwksRetry == .seconds(120))
        #expect(limits.jwksDeadline == .seconds(2) && limits.jwksMaximumSize == 65_536)
        #expect(limits.keyCacheEntries == 20 && limits.keyCacheTTL == .seconds(1))
        #expect(limits.keyUseInterval == .seconds(300) && limits.keysPerTenant == 3)
    }

    @Test("By default a secret means HS256 alone, and a key set its own algorithms")
    func algorithms() {
        let url = "https://issuer.example/jwks"
        #expect(read(["ATELIER_JWT_SECRET": TokenForge.secret.reveal()]).settings.algorithms == [.hs256])
        #expect(read(["ATELIER_JWKS_URL": url]).settings.algorithms == [.rs256, .es256, .edDSA])
        #expect(
            read(["ATELIER_JWT_SECRET": TokenForge.secret.reveal(), "ATELIER_JWKS_URL": url]).settings.algorithms
                == [.hs256])
    }

    @Test(
        "A wrong value is a fault that names its setting",
        arguments: [
            (["ATELIER_JWT_SECRET": "short"], "ATELIER_JWT_SECRET"),
            (["ATELIER_JWKS_URL": "issuer.example"], "ATELIER_JWKS_URL"),
            (["ATELIER_JWT_ALGORITHMS": "none"], "ATELIER_JWT_ALGORITHMS"),
            (["ATELIER_JWT_ALGORITHMS": "HS256,HS512"], "ATELIER_JWT_ALGORITHMS"),
            (["ATELIER_JWT_ALGORITHMS": ","], "ATELIER_JWT_ALGORITHMS"),
            (["ATELIER_JWT_ALGORITHMS": "RS256"], "ATELIER_JWT_ALGORITHMS"),
            (
                ["ATELIER_JWT_ALGORITHMS": "HS256", "ATELIER_JWKS_URL": "https://issuer.example"],
                "ATELIER_JWT_ALGORITHMS"
            ),
            (["ATELIER_JWT_LEEWAY": "6m"], "ATELIER_JWT_LEEWAY"),
        ])
    func faults(values: [String: String], name: String) {
        #expect(read(values).faults == [name])
    }

    @Test("A secret that is too short isn't shown")
    func masked() throws {
        let reader = SettingsReader(.values(["ATELIER_JWT_SECRET": "short-and-private"]))
        _ = AuthSettings(reading: reader)
        let error = try #require(throws: SettingsError.self) { try reader.finish() }
        #expect(!"\(error)".contains("short-and-private"))
    }
}
