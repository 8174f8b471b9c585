import Crypto
import FoundationEssentials
import JWTKit
import Tenants
import Vocabulary

/// Verifies tokens, and remembers those that were good until they end.
///
/// The algorithm is what the settings allow, not what the token asks for: the token's own word only chooses among
/// them, and the kind of key follows from the algorithm (RFC 8725, 3.1).
struct TokenVerifier: Sendable {
    private let settings: AuthSettings
    private let surroundings: Surroundings
    private let secret: HMACSHA256?
    private let keySet: KeySet?
    /// By the hash of the whole token, so that no token is kept.
    private let good: ExpiringCache<SHA256.Digest, Principal>

    init(settings: AuthSettings, keySet: KeySet?, surroundings: Surroundings) {
        self.settings = settings
        self.surroundings = surroundings
        self.keySet = keySet
        secret = settings.jwtSecret.flatMap(HMACSHA256.init)
        good = ExpiringCache(entries: settings.limits.tokenCacheEntries)
    }

    /// - Throws: `AuthError.invalid`, or `.unavailable` when the issuer's keys can't be had.
    func verify(_ token: String) async throws -> Principal {
        guard token.utf8.count <= settings.limits.maximumTokenSize else {
            throw AuthError.invalid("the token is longer than \(settings.limits.maximumTokenSize) bytes")
        }
        let digest = SHA256.hash(data: Array(token.utf8))
        if let principal = good.value(for: digest, at: surroundings.now()) { return principal }
        let generation = good.generation
        let parts = try TokenParts(token)
        guard let algorithm = TokenAlgorithm(rawValue: parts.header.alg), settings.algorithms.contains(algorithm) else {
            throw AuthError.invalid("the token's algorithm isn't allowed")
        }
        let keys = try await keys(for: algorithm, kid: parts.header.kid)
        guard keys.contains(where: { Self.isSigned(parts, by: $0) }) else {
            throw AuthError.invalid("the token's signature is wrong")
        }
        guard let claims = try? JSONDecoder().decode(TokenClaims.self, from: Data(parts.payload)) else {
            throw AuthError.invalid("a claim of the token has the wrong type, or sub is missing")
        }
        let now = surroundings.now()
        var end = try checkTimes(claims, at: now)
        let principal = try principal(claims)
        // A key that its issuer withdraws must stop working although tokens signed with it are remembered.
        if algorithm.isAsymmetric { end = min(end, now + settings.limits.jwksRefresh) }
        good.put(principal, for: digest, until: end, ifStill: generation)
        return principal
    }

    private func keys(for algorithm: TokenAlgorithm, kid: String?) async throws -> [any JWTAlgorithm] {
        guard algorithm.isAsymmetric else {
            guard let secret else { throw AuthError.invalid("no secret for tokens is configured") }
            return [secret]
        }
        guard let keySet else { throw AuthError.invalid("no key set for tokens is configured") }
        return try await keySet.keys(for: algorithm, kid: kid)
    }

    private static func isSigned(_ parts: TokenParts, by key: any JWTAlgorithm) -> Bool {
        (try? key.verify(parts.signature, signs: parts.signed)) ?? false
    }

    /// - Returns: the first moment at which the token is no longer good.
    private func checkTimes(_ claims: TokenClaims, at now: Timestamp) throws -> Timestamp {
        guard let seconds = claims.exp else { throw AuthError.invalid("the token has no exp") }
        guard let exp = TokenClaims.moment(seconds) else { throw AuthError.invalid("the token's exp is no time") }
        let end = exp + settings.limits.leeway
        guard now < end else { throw AuthError.invalid("the token has expired") }
        if let seconds = claims.nbf {
            guard let nbf = TokenClaims.moment(seconds) else { throw AuthError.invalid("the token's nbf is no time") }
            guard nbf - settings.limits.leeway <= now else { throw AuthError.invalid("the token isn't valid yet") }
        }
        return end
    }

    private func principal(_ claims: TokenClaims) throws -> Principal {
        if let issuer = settings.issuer, claims.iss != issuer {
            throw AuthError.invalid("the token is from another issuer")
        }
        if let audience = settings.audience, !claims.audiences.contains(audience) {
            throw AuthError.invalid("the token is for another audience")
        }
        guard !claims.sub.isEmpty else { throw AuthError.invalid("the token's sub is empty") }
        guard let name = claims.tenantId ?? claims.tenantID else {
            throw AuthError.invalid("the token names no tenant")
        }
        guard claims.tenantID == nil || claims.tenantID == name else {
            throw AuthError.invalid("the token names two tenants")
        }
        guard let tenant = TenantID(name) else { throw AuthError.invalid("the token's tenant has no valid name") }
        return Principal(tenant: tenant, subject: claims.sub, email: claims.email, roles: claims.knownRoles)
    }
}
