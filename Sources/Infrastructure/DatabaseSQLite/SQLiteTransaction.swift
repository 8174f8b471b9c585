import Database

/// The transaction that a body sees: a savepoint of the group's transaction, or a snapshot.
final class SQLiteTransaction: Transaction {
    let scope: Scope
    var dialect: Dialect { .sqlite }
    private let connection: SQLiteConnection
    private var actions: [@Sendable () -> Void] = []
    private(set) var channels: [Channel] = []

    init(scope: Scope, on connection: SQLiteConnection) {
        self.scope = scope
        self.connection = connection
    }

    func execute(_ sql: SQL) throws -> Int {
        let text = try text(of: sql)
        return try connection.execute(text, sql.values)
    }

    func query(_ sql: SQL) throws -> [Row] {
        let text = try text(of: sql)
        return try connection.query(text, sql.values)
    }

    func afterCommit(_ action: @escaping @Sendable () -> Void) { actions.append(action) }

    func notify(_ channel: Channel) { if !channels.contains(channel) { channels.append(channel) } }

    /// Runs what was to follow the commit.
    func announce(to listeners: NotificationFanOut) {
        for action in actions { action() }
        for channel in channels { listeners.notify(channel) }
    }

    /// A body shares its transaction with others, so it can't end it.
    private func text(of sql: SQL) throws -> String {
        let text = sql.text { _ in "?" }
        let word = text.utf8.drop { $0 <= UInt8(ascii: " ") }.prefix {
            $0 > UInt8(ascii: " ") && $0 != UInt8(ascii: ";")
        }
        guard word.count <= 9, Self.control.contains(String(decoding: word, as: UTF8.self).uppercased()) else {
            return text
        }
        throw DatabaseError(.misuse, "a body can't begin or end transactions: \(text)")
    }

    private static let control: Set<String> = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"]
}
