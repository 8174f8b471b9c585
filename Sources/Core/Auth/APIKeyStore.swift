import Crypto
package import Database
package import Logging
import Tenants
package import Vocabulary

/// The API keys of the tenants. Of a key itself only its hash is kept. A copy shares the memory of the original.
package struct APIKeyStore: Sendable {
    private let database: any Database
    private let surroundings: Surroundings
    private let limits: AuthLimits
    private let known: ExpiringCache<SHA256.Digest, APIKey>
    private let uses: APIKeyUses

    package init(database: any Database, surroundings: Surroundings, limits: AuthLimits = AuthLimits()) {
        self.database = database
        self.surroundings = surroundings
        self.limits = limits
        known = ExpiringCache(entries: limits.keyCacheEntries)
        uses = APIKeyUses(most: limits.keyCacheEntries)
    }

    /// The index by hash isn't led by the tenant: the key is what tells the tenant.
    package static let migrations: [Migration] = [
        Migration("auth-001") { dialect in
            [
                """
                CREATE TABLE api_keys (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    hash \(dialect.bytes) NOT NULL,
                    name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    roles TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    expires_at BIGINT,
                    revoked_at BIGINT,
                    last_used_at BIGINT,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                "CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash)",
            ]
        }
    ]

    private static let columns: SQL =
        "tenant_id, id, name, kind, roles, created_at, expires_at, revoked_at, last_used_at"

    /// Makes a key. Its text is in the answer, and can't be had again.
    ///
    /// - Parameters:
    ///   - name: 1 to 100 characters.
    ///   - expiresAt: in the future; nil for never.
    ///   - suffix: the last 26 characters of the id. A key of that id is there already when an earlier try didn't come
    ///     to its answer: it gets a new text, and the old one, which nobody was told, is refused.
    /// - Throws: `AuthError.unacceptable`, `.tooManyKeys`, `.alreadyRevoked`, `DatabaseError`.
    package func create(
        _ tenant: TenantID, name: String, kind: APIKey.Kind, roles: Set<Role> = [.member],
        expiresAt: Timestamp? = nil, suffix: String? = nil
    ) async throws -> (key: APIKey, secret: Secret) {
        let now = surroundings.now()
        guard (1...100).contains(name.count) else {
            throw AuthError.unacceptable("the name of an API key has 1 to 100 characters")
        }
        if let expiresAt, expiresAt <= now { throw AuthError.unacceptable("the API key would have expired already") }
        let secret = APIKeyText.make(kind, surroundings: surroundings)
        guard let hash = APIKeyText.hash(secret.reveal()) else {
            throw AuthError.unacceptable("an API key could not be made")
        }
        let given = suffix.flatMap { APIKeyID("\(APIKeyIDKind.prefix)_\($0)") }
        let key = APIKey(
            id: given ?? surroundings.newID(), tenant: tenant, name: name, kind: kind, roles: roles, createdAt: now,
            expiresAt: expiresAt)
        let most = limits.keysPerTenant
        let made = try await database.write(as: tenant) { transaction in
            if given != nil, let first = try Self.replace(hash, of: key, in: transaction) { return first }
            let inUse: Int =
                try transaction.first(
                    """
                    SELECT COUNT(*) AS count FROM api_keys WHERE tenant_id = \(tenant) AND revoked_at IS NULL
                    AND (expires_at IS NULL OR expires_at > \(now))
                    """
                )?.get("count") ?? 0
            guard inUse < most else { throw AuthError.tooManyKeys(limit: most) }
            try transaction.execute(
                """
                INSERT INTO api_keys (tenant_id, id, hash, name, kind, roles, created_at, expires_at)
                VALUES (\(tenant), \(key.id), \(Array(hash)), \(name), \(kind.rawValue), \(Self.text(roles)),
                    \(now), \(expiresAt))
                """)
            return key
        }
        if given != nil { known.remove { $0.tenant == tenant && $0.id == key.id } }
        return (made, secret)
    }

    /// - Returns: the key as it is; nil when there is none of that id.
    private static func replace(
        _ hash: SHA256.Digest, of key: APIKey, in transaction: any Transaction
    ) throws -> APIKey? {
        let row = try transaction.first(
            """
            UPDATE api_keys SET hash = \(Array(hash)) WHERE tenant_id = \(key.tenant) AND id = \(key.id)
            RETURNING \(columns)
            """)
        guard let row else { return nil }
        let first = try Self.key(row)
        guard first.revokedAt == nil else { throw AuthError.alreadyRevoked }
        return first
    }

    /// The tenant's keys, revoked ones too, in the order in which they were made.
    package func list(_ tenant: TenantID, _ page: PageRequest = PageRequest()) async throws -> Page<APIKey> {
        let after = page.after ?? ""
        let keys = try await database.read(as: tenant) { transaction in
            try transaction.query(
                """
                SELECT \(Self.columns) FROM api_keys
                WHERE tenant_id = \(tenant) AND id > \(after) ORDER BY id LIMIT \(page.limit + 1)
                """
            ).map(Self.key)
        }
        return Page(reading: keys, limit: page.limit) { $0.id.text }
    }

    /// Refuses the key from now on; in other processes once they have forgotten it. Doing it again changes nothing.
    /// - Throws: `AuthError.noSuchKey`, `DatabaseError`.
    @discardableResult
    package func revoke(_ tenant: TenantID, _ id: APIKeyID) async throws -> APIKey {
        let now = surroundings.now()
        let key = try await database.write(as: tenant) { transaction in
            try transaction.execute(
                """
                UPDATE api_keys SET revoked_at = COALESCE(revoked_at, \(now)) WHERE tenant_id = \(tenant) AND id = \(id)
                """)
            let row = try transaction.first(
                "SELECT \(Self.columns) FROM api_keys WHERE tenant_id = \(tenant) AND id = \(id)")
            guard let row else { throw AuthError.noSuchKey }
            return try Self.key(row)
        }
        known.remove { $0.tenant == tenant && $0.id == id }
        return key
    }

    /// The record of a key that is good now, and a note that it was used.
    /// - Throws: `AuthError.invalid`, `DatabaseError`.
    package func lookUp(_ text: String) async throws -> APIKey {
        guard let hash = APIKeyText.hash(text) else {
            throw AuthError.invalid("the API key has a slip of the pen in it")
        }
        let key = try await find(hash)
        let now = surroundings.now()
        guard key.revokedAt == nil else { throw AuthError.invalid("the API key is revoked") }
        if let expiresAt = key.expiresAt, expiresAt <= now { throw AuthError.invalid("the API key has expired") }
        uses.note(key, at: now)
        return key
    }

    /// Writes down the last use of the keys once a minute, until the task is cancelled. One of the services of a
    /// process that answers requests.
    package func recordUses(logger: Logger) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: limits.keyUseInterval)
            do {
                try await flushUses()
            } catch {
                logger.warning("the last use of API keys could not be written down", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Writes down the last use of the keys now.
    package func flushUses() async throws {
        let taken = uses.take()
        guard !taken.isEmpty else { return }
        do {
            try await database.write(as: .system) { transaction in
                for use in taken {
                    try transaction.execute(
                        """
                        UPDATE api_keys SET last_used_at = \(use.at) WHERE tenant_id = \(use.tenant) AND id = \(use.id)
                        AND (last_used_at IS NULL OR last_used_at < \(use.at))
                        """)
                }
            }
        } catch {
            uses.putBack(taken)
            throw error
        }
    }

    private func find(_ hash: SHA256.Digest) async throws -> APIKey {
        if let key = known.value(for: hash, at: surroundings.now()) { return key }
        let generation = known.generation
        let bytes = Array(hash)
        let row = try await database.read(as: .system) { transaction in
            try transaction.first("SELECT \(Self.columns) FROM api_keys WHERE hash = \(bytes)")
        }
        guard let row else { throw AuthError.invalid("the API key isn't known") }
        let key = try Self.key(row)
        known.put(key, for: hash, until: surroundings.now() + limits.keyCacheTTL, ifStill: generation)
        return key
    }

    private static func text(_ roles: Set<Role>) -> String {
        roles.map(\.rawValue).sorted().joined(separator: " ")
    }

    private static func key(_ row: Row) throws -> APIKey {
        let kind: String = try row.get("kind")
        guard let kind = APIKey.Kind(rawValue: kind) else {
            throw DatabaseError(.decoding, "column kind of api_keys holds no kind of key")
        }
        let roles: String = try row.get("roles")
        return APIKey(
            id: try row.get("id"), tenant: try row.get("tenant_id"), name: try row.get("name"), kind: kind,
            roles: Set(roles.split(separator: " ").compactMap { Role(rawValue: String($0)) }),
            createdAt: try row.get("created_at"), expiresAt: try row.getIfPresent("expires_at"),
            revokedAt: try row.getIfPresent("revoked_at"), lastUsedAt: try row.getIfPresent("last_used_at"))
    }
}
