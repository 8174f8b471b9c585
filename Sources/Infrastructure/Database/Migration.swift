package import Vocabulary

/// A forward-only step of the schema. Each room owns its own; the composition root puts them in order.
package struct Migration: Sendable {
    /// Room and number: `content-001`. Never changed once released.
    package typealias ID = String

    package var id: ID
    package var statements: @Sendable (Dialect) -> [SQL]

    package init(_ id: ID, _ statements: @escaping @Sendable (Dialect) -> [SQL]) {
        self.id = id
        self.statements = statements
    }

    /// A step whose statements both databases understand. Portable column types: `TEXT`, `BIGINT`,
    /// `DOUBLE PRECISION`, and `Dialect.bytes`.
    package init(_ id: ID, statements: [SQL]) {
        self.init(id) { _ in statements }
    }
}

extension Dialect {
    /// The type of a column of bytes.
    package var bytes: SQL {
        switch self {
        case .sqlite: "BLOB"
        case .postgres: "BYTEA"
        }
    }
}

extension Migration {
    /// The migrations of `known` that have yet to run, in order.
    /// - Parameter applied: the ids that the schema records.
    /// - Throws: `DatabaseError` with code `.newerSchema` when the schema has one that `known` lacks, `.misuse` when
    ///   `known` has an id twice.
    package static func pending(of known: [Migration], applied: Set<ID>) throws -> [Migration] {
        let ids = Set(known.map(\.id))
        guard ids.count == known.count else { throw DatabaseError(.misuse, "two migrations have the same id") }
        let unknown = applied.subtracting(ids).sorted()
        guard unknown.isEmpty else {
            throw DatabaseError(
                .newerSchema,
                "the database was brought up to date by a newer program (\(unknown.joined(separator: ", "))); run that "
                    + "program or a later one, or restore a backup made before it was installed")
        }
        return known.filter { !applied.contains($0.id) }
    }

    /// The table in which a schema records what was applied to it.
    package static let record: SQL =
        "CREATE TABLE IF NOT EXISTS schema_migrations (id TEXT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)"

    /// Applies what is pending, in a transaction that the driver has made the only one of its kind.
    /// - Returns: the ids that were applied.
    package static func apply(_ known: [Migration], at moment: Timestamp, in tx: any Transaction) throws -> [ID] {
        try tx.execute(record)
        let applied = try tx.query("SELECT id FROM schema_migrations").map { try $0.get("id", as: String.self) }
        let pending = try pending(of: known, applied: Set(applied))
        for migration in pending {
            for statement in migration.statements(tx.dialect) { try tx.execute(statement) }
            try tx.execute("INSERT INTO schema_migrations (id, applied_at) VALUES (\(migration.id), \(moment))")
        }
        return pending.map(\.id)
    }
}
