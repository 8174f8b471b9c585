import Database
import FoundationEssentials
import GRDB

/// GRDB and the seam have types of the same names; these are GRDB's.
typealias GRDBConnection = GRDB.Database
typealias GRDBRow = GRDB.Row

/// One connection, on its own queue: runs statements of the seam on it.
///
/// A statement is prepared once and kept, unless it has so many values that its text is hardly ever used again.
struct SQLiteConnection {
    /// Statements with more values than this, such as long `IN` lists, are prepared anew each time.
    static let mostValuesOfKeptStatement = 32

    let connection: GRDBConnection
    /// Whether this is a connection of the reading pool.
    let isReader: Bool

    /// Whether a transaction is open; SQLite ends one by itself after some failures.
    var isInTransaction: Bool { connection.isInsideTransaction }

    /// - Returns: how many rows the statement changed itself, those of triggers and foreign keys not counted.
    func execute(_ text: String, _ values: [SQLValue]) throws -> Int {
        try mapping(text) {
            let before = connection.totalChangesCount
            try prepared(text, values).execute()
            return connection.totalChangesCount == before ? 0 : connection.changesCount
        }
    }

    func query(_ text: String, _ values: [SQLValue]) throws -> [SeamRow] {
        try mapping(text) {
            let statement = try prepared(text, values)
            let names = statement.columnNames
            var rows: [SeamRow] = []
            let cursor = try GRDBRow.fetchCursor(statement)
            while let row = try cursor.next() {
                rows.append(SeamRow(names: names, values: (0..<names.count).map { Self.value(row[$0]) }))
            }
            return rows
        }
    }

    private func prepared(_ text: String, _ values: [SQLValue]) throws -> Statement {
        let statement =
            try values.count > Self.mostValuesOfKeptStatement
            ? connection.makeStatement(sql: text) : connection.cachedStatement(sql: text)
        guard !isReader || statement.isReadonly else { throw SeamError(.misuse, "a write in a read: \(text)") }
        try statement.setArguments(StatementArguments(try values.map(Self.databaseValue)))
        return statement
    }

    private func mapping<Value>(_ text: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as GRDBError { throw error.seam(statement: text) }
    }

    private static func databaseValue(_ value: SQLValue) throws -> DatabaseValue {
        switch value {
        case .null: return .null
        case .int(let number): return number.databaseValue
        case .double(let number): return number.databaseValue
        case .text(let text):
            // SQLite would keep what comes before the NUL, and PostgreSQL refuses such a text.
            guard !text.utf8.contains(0) else { throw SeamError(.constraint, "a text with a NUL character") }
            return text.databaseValue
        case .bytes(let bytes): return Data(bytes).databaseValue
        }
    }

    private static func value(_ value: DatabaseValue) -> SQLValue {
        switch value.storage {
        case .null: .null
        case .int64(let number): .int(number)
        case .double(let number): .double(number)
        case .string(let text): .text(text)
        case .blob(let data): .bytes(Array(data))
        }
    }
}

extension SQLiteConnection {
    /// Begins a transaction that holds the lock for writing, across processes, from the start.
    func begin() throws { try control("BEGIN IMMEDIATE") }

    func commit() throws { try control("COMMIT") }

    func setSavepoint() throws { try control("SAVEPOINT body") }

    func releaseSavepoint() throws { try control("RELEASE body") }

    func undoSavepoint() throws {
        try control("ROLLBACK TO body")
        try control("RELEASE body")
    }

    /// Ends what is open, if anything is.
    func rollback() {
        guard isInTransaction else { return }
        try? control("ROLLBACK")
    }

    private func control(_ text: String) throws {
        try mapping(text) { try connection.cachedStatement(sql: text).execute() }
    }
}
