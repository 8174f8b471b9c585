import Database
import TestKit

extension DatabaseExam {
    private static let second = Migration(
        "exam-002",
        statements: [
            "ALTER TABLE exam_values ADD COLUMN extra TEXT",
            "INSERT INTO exam_values (id, extra) VALUES ('seed', 'once')",
        ])

    /// Each migration runs once, in order, and a later one finds the rows of before.
    package func runMigrationsOnce() async throws {
        let open = try await store()
        let database = try await open()
        try expectEqual(try await database.migrate(Self.migrations), ["exam-001"], "what the first run applied")
        try await insert(["kept"], in: database)
        let all = Self.migrations + [Self.second]
        try expectEqual(try await database.migrate(all), ["exam-002"], "what the second run applied")
        try expectEqual(try await database.migrate(all), [], "what the third run applied")
        let again = try await open()
        try expectEqual(try await again.migrate(all), [], "what another process applied")
        try expectEqual(try await ids(in: again), ["kept", "seed"], "rows")
        let recorded = try await again.read(as: .system) { tx in
            try tx.query("SELECT id, applied_at FROM schema_migrations ORDER BY id").map { row in
                try expect(try row.get("applied_at", as: Int64.self) > 0, "the time is recorded")
                return try row.get("id", as: String.self)
            }
        }
        try expectEqual(recorded, ["exam-001", "exam-002"], "what is recorded")
    }

    /// A run of which one step fails leaves nothing.
    package func runFailedMigrationLeavesNothing() async throws {
        let database = try await store()()
        let broken = Migration("exam-002", statements: ["CREATE TABLE exam_half (id TEXT)", "CREATE TABLE"])
        try await expectError(.statement, "a broken migration") {
            try await database.migrate(Self.migrations + [broken])
        }
        try await expectError(.statement, "a table of the run that failed") {
            try await database.read(as: .system) { try $0.query("SELECT id FROM exam_values").count }
        }
        try expectEqual(try await database.migrate(Self.migrations), ["exam-001"], "what a sound run applies")
    }

    /// Handles that migrate at the same time apply each migration once.
    package func runMigrationsAtOnce() async throws {
        let open = try await store()
        let handles = [try await open(), try await open(), try await open()]
        let applied = try await withThrowingTaskGroup(of: [Migration.ID].self) { group in
            for handle in handles {
                group.addTask {
                    // A driver may report that it waited too long for the lock; the program would start again.
                    var applied: [Migration.ID] = []
                    try await eventually("the migration has its turn") {
                        do {
                            applied = try await handle.migrate(Self.migrations + [Self.second])
                            return true
                        } catch let error as DatabaseError where error.code == .conflict {
                            return false
                        }
                    }
                    return applied
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        try expectEqual(applied.sorted(), ["exam-001", "exam-002"], "what all of them applied")
        for handle in handles { try await expectRows(1, in: handle) }
    }

    /// A schema that a newer program made is left alone, and the error says what to do.
    package func runNewerSchemaIsRefused() async throws {
        let open = try await store()
        try await open().migrate(Self.migrations + [Self.second])
        let older = try await open()
        let error = try await expectError(.newerSchema, "a schema with an unknown migration") {
            try await older.migrate(Self.migrations)
        }
        try expect(error.detail.contains("exam-002"), "the error names the migration: \(error)")
        try expect(error.detail.contains("run that program"), "the error says what to do: \(error)")
        try await expectError(.misuse, "two migrations of one id") {
            try await older.migrate(Self.migrations + [Self.second] + Self.migrations)
        }
    }
}
