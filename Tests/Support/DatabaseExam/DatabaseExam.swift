package import Database
import Synchronization
import TestKit

/// What any database driver must do: one function a behaviour, each on a store of its own. A function throws
/// `ExamFailure` when the driver fails it.
package struct DatabaseExam: Sendable {
    /// Opens one more handle on the same store, as another process would.
    package typealias Opener = @Sendable () async throws -> any Database

    private let makeStore: @Sendable () async throws -> Opener

    /// - Parameter makeStore: makes a fresh, empty store.
    package init(makeStore: @escaping @Sendable () async throws -> Opener) { self.makeStore = makeStore }

    /// A fresh, empty store.
    func store() async throws -> Opener { try await makeStore() }

    /// A handle on a fresh store with the tables of the exam.
    func database() async throws -> any Database {
        let database = try await store()()
        try await database.migrate(Self.migrations)
        return database
    }

    static let migrations = [
        Migration("exam-001") { dialect in
            [
                """
                CREATE TABLE exam_values (
                    id TEXT NOT NULL PRIMARY KEY, number BIGINT, real DOUBLE PRECISION, words TEXT,
                    raw \(dialect.bytes))
                """,
                """
                CREATE TABLE exam_parents (
                    tenant_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tenant_id, name))
                """,
                """
                CREATE TABLE exam_children (
                    id BIGINT NOT NULL PRIMARY KEY, tenant_id TEXT NOT NULL, parent TEXT NOT NULL,
                    size BIGINT NOT NULL CHECK (size > 0),
                    FOREIGN KEY (tenant_id, parent) REFERENCES exam_parents (tenant_id, name))
                """,
            ]
        }
    ]

    static let tenant = "acme"
}

/// What a driver did wrong.
package struct ExamFailure: Error, CustomStringConvertible {
    package var description: String
}

/// - Throws: `ExamFailure` when `condition` is false.
func expect(_ condition: Bool, _ sentence: String) throws {
    guard condition else { throw ExamFailure(description: "expected that \(sentence)") }
}

func expectEqual<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
    guard found == wanted else { throw ExamFailure(description: "\(what): \(found) instead of \(wanted)") }
}

/// - Returns: the error, which must have that code.
@discardableResult
func expectError<Value>(
    _ code: DatabaseError.Code, _ what: String, _ body: () async throws -> Value
) async throws -> DatabaseError {
    do {
        _ = try await body()
    } catch let error as DatabaseError {
        guard error.code == code else { throw ExamFailure(description: "\(what): \(error) instead of \(code)") }
        return error
    }
    throw ExamFailure(description: "\(what): no error instead of \(code)")
}

/// Why a body gives up.
struct ChangedMind: Error {}

/// A count that bodies and listeners share.
final class Tally: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add() { value.withLock { $0 += 1 } }
}
