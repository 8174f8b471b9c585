import Database
import GRDB

typealias GRDBError = GRDB.DatabaseError

extension GRDBError {
    /// The same failure in the words of the seam. GRDB's message has the statement's text and never its values.
    func seam(statement: String? = nil) -> SeamError {
        let reason = message ?? "no reason given"
        let place = statement.map { ": \($0)" } ?? ""
        return SeamError(
            code, "\(reason) (SQLite \(extendedResultCode.rawValue))\(place)", constraint: Self.constraint(in: reason))
    }

    private var code: SeamError.Code {
        switch extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID: return .unique
        case .SQLITE_CONSTRAINT_FOREIGNKEY: return .foreignKey
        default: break
        }
        switch resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH: return .constraint
        case .SQLITE_BUSY, .SQLITE_LOCKED: return .conflict
        case .SQLITE_ERROR, .SQLITE_MISUSE, .SQLITE_RANGE, .SQLITE_TOOBIG, .SQLITE_AUTH, .SQLITE_SCHEMA:
            return .statement
        default: return .unavailable
        }
    }

    /// What follows in `UNIQUE constraint failed: users.tenant_id, users.email`; an index on an expression is
    /// written as `index 'name'`.
    private static func constraint(in message: String) -> String? {
        guard let colon = message.firstRange(of: " constraint failed: ") else { return nil }
        let name = message[colon.upperBound...]
        guard name.hasPrefix("index '"), name.hasSuffix("'") else { return String(name) }
        return String(name.dropFirst("index '".count).dropLast())
    }
}
