package import Database
package import Sealing
package import Vocabulary

/// The first answer to a request that carries an `Idempotency-Key`, for its repeats.
///
/// A key is claimed before the work begins. With it goes the suffix of the id that the work will create, which stays
/// the same however often the work has to begin anew, so that a repeat after a crash finds what the first try made.
///
/// Answers are sealed: some of them hold a secret that is shown once.
package struct IdempotencyStore: Sendable {
    /// A key, and what it was used for.
    package struct Request: Sendable, Hashable {
        package var tenant: TenantID
        /// Whether the credential is a test key: those have keys of their own.
        package var isTest: Bool
        package var key: String
        package var route: String
        /// SHA-256.
        package var bodyHash: [UInt8]

        package init(tenant: TenantID, isTest: Bool = false, key: String, route: String, bodyHash: [UInt8]) {
            self.tenant = tenant
            self.isTest = isTest
            self.key = key
            self.route = route
            self.bodyHash = bodyHash
        }

        fileprivate var storedKey: String { (isTest ? "test:" : "live:") + key }
    }

    /// The part of an answer that is kept.
    package struct Kept: Sendable, Hashable {
        package var status: Int
        package var contentType: String
        package var location: String?
        package var body: [UInt8]

        package init(status: Int, contentType: String, location: String? = nil, body: [UInt8]) {
            self.status = status
            self.contentType = contentType
            self.location = location
            self.body = body
        }
    }

    package enum Claim: Sendable, Hashable {
        /// Ours to do, until `lockedUntil`.
        case work(suffix: String, lockedUntil: Timestamp)
        case replay(Kept)
        /// Someone is at it; for how long at most.
        case inFlight(Duration)
        /// The key belongs to another request.
        case mismatch
    }

    private let database: any Database
    private let box: SecretBox
    private let surroundings: Surroundings
    private let lifetime: Duration

    package init(database: any Database, box: SecretBox, surroundings: Surroundings, lifetime: Duration) {
        self.database = database
        self.box = box
        self.surroundings = surroundings
        self.lifetime = lifetime
    }

    package static let migrations: [Migration] = [
        Migration("webapi-001") { dialect in
            [
                """
                CREATE TABLE idempotency_keys (
                    tenant_id TEXT NOT NULL,
                    idempotency_key TEXT NOT NULL,
                    route TEXT NOT NULL,
                    body_sha256 \(dialect.bytes) NOT NULL,
                    state TEXT NOT NULL,
                    suffix TEXT NOT NULL,
                    locked_until BIGINT NOT NULL,
                    status BIGINT,
                    content_type TEXT,
                    location TEXT,
                    sealed_body TEXT,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, idempotency_key)
                )
                """,
                """
                CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)
                """,
            ]
        }
    ]

    /// - Parameter lock: how long the work may take before another may begin it anew.
    /// - Throws: `DatabaseError`.
    package func claim(_ request: Request, lock: Duration) async throws -> Claim {
        let now = surroundings.now()
        let fresh = String(surroundings.newID(RequestIDKind.self).text.suffix(26))
        let lockedUntil = now + lock
        let oldest = now - lifetime
        return try await database.write(as: request.tenant) { [self] transaction in
            let inserted = try transaction.execute(
                """
                INSERT INTO idempotency_keys (tenant_id, idempotency_key, route, body_sha256, state, suffix,
                    locked_until, created_at)
                VALUES (\(request.tenant), \(request.storedKey), \(request.route), \(request.bodyHash),
                    \(Entry.State.working), \(fresh), \(lockedUntil), \(now))
                ON CONFLICT (tenant_id, idempotency_key) DO NOTHING
                """)
            if inserted == 1 { return .work(suffix: fresh, lockedUntil: lockedUntil) }
            guard let entry = try find(request, in: transaction) else {
                throw DatabaseError(.conflict, "an idempotency key came and went")
            }
            switch entry.verdict(on: request, at: now, oldest: oldest) {
            case .replay(let kept): return .replay(kept)
            case .inFlight(let wait): return .inFlight(wait)
            case .mismatch: return .mismatch
            case .begin(let isAnew):
                let suffix = isAnew ? fresh : entry.suffix
                try transaction.execute(
                    """
                    UPDATE idempotency_keys SET route = \(request.route), body_sha256 = \(request.bodyHash),
                        state = \(Entry.State.working), suffix = \(suffix), locked_until = \(lockedUntil),
                        created_at = \(isAnew ? now : entry.createdAt), status = NULL, sealed_body = NULL
                    WHERE tenant_id = \(request.tenant) AND idempotency_key = \(request.storedKey)
                    """)
                return .work(suffix: suffix, lockedUntil: lockedUntil)
            }
        }
    }

    /// Keeps the answer, unless the work has been taken over by another.
    /// - Returns: whether it is kept. When it isn't, what the other makes is the answer.
    /// - Throws: `DatabaseError`.
    @discardableResult
    package func keep(_ answer: Kept, for request: Request, lockedUntil: Timestamp) async throws -> Bool {
        let sealed = try box.seal(Secret(String(decoding: answer.body, as: UTF8.self)), for: Self.purpose(request))
        return try await database.write(as: request.tenant) { transaction in
            try transaction.execute(
                """
                UPDATE idempotency_keys SET state = \(Entry.State.done), status = \(answer.status),
                    content_type = \(answer.contentType), location = \(answer.location), sealed_body = \(sealed)
                WHERE tenant_id = \(request.tenant) AND idempotency_key = \(request.storedKey)
                    AND state = \(Entry.State.working) AND locked_until = \(lockedUntil)
                """) == 1
        }
    }

    /// The answer that is kept for that very request; nil when there is none.
    /// - Throws: `DatabaseError`.
    package func replay(_ request: Request) async throws -> Kept? {
        let entry = try await database.read(as: request.tenant) { try find(request, in: $0) }
        guard let entry, entry.route == request.route, entry.bodyHash == request.bodyHash else { return nil }
        return entry.kept
    }

    /// Gives the key back: a repeat does the work again, with the same suffix.
    /// - Throws: `DatabaseError`.
    package func release(_ request: Request, lockedUntil: Timestamp) async throws {
        try await database.write(as: request.tenant) { transaction in
            try transaction.execute(
                """
                UPDATE idempotency_keys SET state = \(Entry.State.released)
                WHERE tenant_id = \(request.tenant) AND idempotency_key = \(request.storedKey)
                    AND state = \(Entry.State.working) AND locked_until = \(lockedUntil)
                """)
        }
    }

    /// Forgets what is older than the lifetime, some rows at a time.
    /// - Returns: how many rows went.
    /// - Throws: `DatabaseError`.
    package func purge(limit: Int = 1_000) async throws -> Int {
        let now = surroundings.now()
        let oldest = now - lifetime
        return try await database.write(as: .system) { transaction in
            try transaction.execute(
                """
                DELETE FROM idempotency_keys WHERE (tenant_id, idempotency_key) IN (
                    SELECT tenant_id, idempotency_key FROM idempotency_keys
                    WHERE created_at < \(oldest) AND (state <> \(Entry.State.working) OR locked_until < \(now))
                    LIMIT \(limit))
                """)
        }
    }

    private static func purpose(_ request: Request) -> String { "idempotency:\(request.tenant):\(request.storedKey)" }

    private func find(_ request: Request, in transaction: any Transaction) throws -> Entry? {
        let row = try transaction.first(
            """
            SELECT route, body_sha256, state, suffix, locked_until, status, content_type, location, sealed_body,
                created_at
            FROM idempotency_keys WHERE tenant_id = \(request.tenant) AND idempotency_key = \(request.storedKey)
            """ + transaction.dialect.lockingRows)
        return try row.map { row in
            var entry = Entry(
                route: try row.get("route"), bodyHash: try row.get("body_sha256"), state: try row.get("state"),
                suffix: try row.get("suffix"), lockedUntil: try row.get("locked_until"),
                createdAt: try row.get("created_at"))
            if entry.state == .done {
                entry.kept = Kept(
                    status: try row.get("status"), contentType: try row.get("content_type"),
                    location: try row.getIfPresent("location"),
                    body: Array(try box.open(row.get("sealed_body"), for: Self.purpose(request)).reveal().utf8))
            }
            return entry
        }
    }
}

extension IdempotencyStore {
    /// A row, and what it means for a request: no time, no database.
    package struct Entry: Sendable, Hashable {
        package enum State: String, Sendable, SQLConvertible {
            case working, released, done
        }

        package enum Verdict: Sendable, Hashable {
            /// `isAnew` when nothing of the first use counts any more.
            case begin(isAnew: Bool)
            case replay(Kept)
            case inFlight(Duration)
            case mismatch
        }

        package var route: String
        package var bodyHash: [UInt8]
        package var state: State
        package var suffix: String
        package var lockedUntil: Timestamp
        package var createdAt: Timestamp
        package var kept: Kept?

        package init(
            route: String, bodyHash: [UInt8], state: State, suffix: String, lockedUntil: Timestamp,
            createdAt: Timestamp,
            kept: Kept? = nil
        ) {
            self.route = route
            self.bodyHash = bodyHash
            self.state = state
            self.suffix = suffix
            self.lockedUntil = lockedUntil
            self.createdAt = createdAt
            self.kept = kept
        }

        package func verdict(on request: Request, at now: Timestamp, oldest: Timestamp) -> Verdict {
            let isSame = route == request.route && bodyHash == request.bodyHash
            let isLocked = state == .working && lockedUntil > now
            if createdAt < oldest, !isLocked { return .begin(isAnew: true) }
            guard isSame else { return state == .released ? .begin(isAnew: true) : .mismatch }
            if isLocked { return .inFlight(lockedUntil - now) }
            if state == .done, let kept { return .replay(kept) }
            return .begin(isAnew: false)
        }
    }
}
