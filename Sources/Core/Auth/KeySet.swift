import Crypto
import FoundationEssentials
import JWTKit
import Logging
import Vocabulary

/// A public key of an issuer, fit for one algorithm.
struct IssuerKey: Sendable {
    var kid: String?
    var algorithm: TokenAlgorithm
    var verifier: any JWTAlgorithm
}

/// The keys of an outside issuer (RFC 7517), fetched when they are needed.
///
/// Old keys stay in use while new ones can't be had. A key that isn't known starts a fetch, at most one a minute, so
/// that nobody can make us call the issuer at will.
actor KeySet {
    private let limits: AuthLimits
    private let surroundings: Surroundings
    private let logger: Logger
    /// The bytes of the set. Has a deadline of its own.
    private let fetch: @Sendable () async throws -> [UInt8]

    private var known: [IssuerKey] = []
    /// When the known keys were fetched.
    private var fetchedAt: Timestamp?
    /// When a fetch was last begun, and last begun for the sake of an unknown key.
    private var triedAt: Timestamp?
    private var forcedAt: Timestamp?
    private var running: Task<Void, Never>?

    init(
        limits: AuthLimits, surroundings: Surroundings, logger: Logger,
        fetch: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.limits = limits
        self.surroundings = surroundings
        self.logger = logger
        self.fetch = fetch
    }

    /// The keys that a token with this head may be signed by.
    /// - Throws: `AuthError.invalid` when the set has none, `.unavailable` when there is no set.
    func keys(for algorithm: TokenAlgorithm, kid: String?) async throws -> [any JWTAlgorithm] {
        var now = surroundings.now()
        var isFresh = false
        if isDue(at: now) {
            let refresh = begin(at: now)
            if mustWait(at: now) {
                await refresh.value
                isFresh = true
            }
        }
        var found = matching(algorithm, kid)
        now = surroundings.now()
        if found.isEmpty, !isFresh, let refresh = forced(at: now) {
            await refresh.value
            found = matching(algorithm, kid)
        }
        guard found.isEmpty else { return found }
        guard fetchedAt != nil else { throw AuthError.unavailable("the issuer's keys can't be had") }
        throw AuthError.invalid("the token's key isn't in the issuer's key set")
    }

    private func matching(_ algorithm: TokenAlgorithm, _ kid: String?) -> [any JWTAlgorithm] {
        known.filter { $0.algorithm == algorithm && (kid == nil || $0.kid == kid) }.map(\.verifier)
    }

    private func isDue(at now: Timestamp) -> Bool {
        guard let fetchedAt else {
            // Without any key nobody gets in, so the next try comes sooner.
            return triedAt.map { now - $0 >= min(limits.jwksRetry, .seconds(5)) } ?? true
        }
        guard now - fetchedAt >= limits.jwksRefresh else { return false }
        return triedAt.map { now - $0 >= limits.jwksRetry } ?? true
    }

    /// Whether the known keys are too old to be used while new ones are fetched.
    private func mustWait(at now: Timestamp) -> Bool {
        fetchedAt.map { now - $0 >= limits.jwksRefresh * 2 } ?? true
    }

    /// The fetch to wait for because of an unknown key; nil when it isn't time for one.
    private func forced(at now: Timestamp) -> Task<Void, Never>? {
        if let running { return running }
        guard fetchedAt != nil else { return nil }
        if let forcedAt, now - forcedAt < limits.jwksRetry { return nil }
        forcedAt = now
        return begin(at: now)
    }

    private func begin(at now: Timestamp) -> Task<Void, Never> {
        if let running { return running }
        triedAt = now
        // tidy: allow task — one fetch for all requests that wait, so it must outlive any of them; it has a deadline.
        let task = Task { await self.refresh() }
        running = task
        return task
    }

    private func refresh() async {
        defer { running = nil }
        do {
            let keys = try await IssuerKeys.read(try await fetch())
            guard !keys.isEmpty else { throw AuthError.unavailable("the key set has no key that can be used") }
            known = keys
            fetchedAt = surroundings.now()
        } catch {
            logger.warning(
                "the issuer's keys could not be fetched",
                metadata: ["error": "\(error)", "known_keys": "\(known.count)"])
        }
    }
}
