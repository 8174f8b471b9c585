package import Vocabulary

/// On whose behalf a transaction runs. The database session carries it, so that row-level security can hold where the
/// database has it.
package enum Scope: Sendable, Hashable {
    /// Sees and writes this tenant's rows.
    case tenant(TenantID)
    /// The machine's own work: claiming jobs, migrations, retention.
    case system
}

/// An open transaction. Everything on it is synchronous: no transaction can wait for the world.
package protocol Transaction {
    var scope: Scope { get }
    var dialect: Dialect { get }

    /// Runs a statement that answers no rows.
    /// - Returns: how many rows it changed.
    @discardableResult
    func execute(_ sql: SQL) throws -> Int

    /// Runs a statement and reads all of its rows. Statements with `RETURNING` belong here.
    func query(_ sql: SQL) throws -> [Row]

    /// Calls `action` once the transaction is on disk, and never if it isn't. The action must be short.
    func afterCommit(_ action: @escaping @Sendable () -> Void)

    /// Wakes the listeners of `channel`, in every process that shares the database where the driver can, when the
    /// transaction is on disk.
    func notify(_ channel: Channel)
}

extension Transaction {
    /// The first row, if any.
    package func first(_ sql: SQL) throws -> Row? { try query(sql).first }
}

/// A name that processes listen on.
package struct Channel: Hashable, Sendable, RawRepresentable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ name: StaticString) { rawValue = name.description }
}

/// Where the two databases differ in a way that a statement must say.
package enum Dialect: Sendable {
    case sqlite, postgres

    /// Ends the inner `SELECT` of a claim: rows that another transaction holds are passed over.
    package var skippingLockedRows: SQL {
        switch self {
        case .sqlite: ""
        case .postgres: " FOR UPDATE SKIP LOCKED"
        }
    }

    /// Ends a `SELECT` whose rows must not change before this transaction ends. SQLite has one writer anyway.
    package var lockingRows: SQL {
        switch self {
        case .sqlite: ""
        case .postgres: " FOR UPDATE"
        }
    }
}
