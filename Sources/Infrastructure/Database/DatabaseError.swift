/// What went wrong in the database, the same for every driver.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A unique index has the row already.
        case unique
        /// A row refers to one that isn't there, or is referred to.
        case foreignKey
        /// Another constraint: not null, check.
        case constraint
        /// Locked by another process for longer than we wait, or a conflict that a new try may win.
        case conflict
        /// The server, or the disk, can't be used now.
        case unavailable
        /// The schema is newer than this program.
        case newerSchema
        /// A statement that the database doesn't accept: a defect of the program.
        case statement
        /// A column that doesn't hold what the program expects.
        case decoding
        /// A write in a read, or a tenant's transaction that touches another's: a defect of the program.
        case misuse
    }

    package var code: Code
    /// Plain words for the log, without values of the statement.
    package var detail: String
    /// The constraint, column or index concerned, where the database names it.
    package var constraint: String?

    package init(_ code: Code, _ detail: String, constraint: String? = nil) {
        self.code = code
        self.detail = detail
        self.constraint = constraint
    }

    package var description: String { "database: \(code.rawValue): \(detail)" }

    /// Whether the same transaction may succeed when it is run again.
    package var isRetryable: Bool { code == .conflict || code == .unavailable }
}
