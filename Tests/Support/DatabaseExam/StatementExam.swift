import Database

extension DatabaseExam {
    /// A second row under a key is refused, with the name of what it breaks.
    package func runUnique() async throws {
        let database = try await database()
        try await insert(["a"], in: database)
        let error = try await expectError(.unique, "a second row under a key") { try await insert(["a"], in: database) }
        try expect(error.constraint?.contains("exam_values") == true, "the constraint is named: \(error)")
        try expect(!error.isRetryable, "a broken constraint is not retryable")
        let changed = try await database.write(as: .system) { tx in
            try tx.execute("INSERT INTO exam_values (id) VALUES (\("a")) ON CONFLICT (id) DO NOTHING")
        }
        try expectEqual(changed, 0, "rows that ON CONFLICT DO NOTHING inserted")
    }

    /// A row must refer to one that is there, and one that is referred to stays.
    package func runForeignKey() async throws {
        let database = try await database()
        let orphan: SQL =
            "INSERT INTO exam_children (id, tenant_id, parent, size) VALUES (1, \(Self.tenant), \("p"), 1)"
        try await expectError(.foreignKey, "a child without a parent") {
            try await database.write(as: .system) { try $0.execute(orphan) }
        }
        try await database.write(as: .system) { tx in
            try tx.execute("INSERT INTO exam_parents (tenant_id, name) VALUES (\(Self.tenant), \("p"))")
            try tx.execute(orphan)
        }
        try await expectError(.foreignKey, "the deletion of a parent") {
            try await database.write(as: .system) { try $0.execute("DELETE FROM exam_parents") }
        }
    }

    /// Null where there must be a value, and a value out of its range.
    package func runNotNullAndCheck() async throws {
        let database = try await database()
        let error = try await expectError(.constraint, "a null in a key") {
            try await database.write(as: .system) { tx in
                try tx.execute("INSERT INTO exam_parents (tenant_id, name) VALUES (\(Self.tenant), \(nil as String?))")
            }
        }
        try expect(error.constraint?.contains("name") == true, "the column is named: \(error)")
        try await expectError(.constraint, "a value that a check refuses") {
            try await database.write(as: .system) { tx in
                try tx.execute("INSERT INTO exam_parents (tenant_id, name) VALUES (\(Self.tenant), \("p"))")
                try tx.execute(
                    "INSERT INTO exam_children (id, tenant_id, parent, size) VALUES (1, \(Self.tenant), \("p"), 0)")
            }
        }
    }

    /// A statement that makes no sense is the program's defect, and no error shows a bound value.
    package func runWrongStatement() async throws {
        let database = try await database()
        let secret = "hunter2"
        let errors = [
            try await expectError(.statement, "a misspelt statement") {
                try await database.write(as: .system) { try $0.execute("INSRT INTO exam_values VALUES (\(secret))") }
            },
            try await expectError(.statement, "a table that isn't there") {
                try await database.read(as: .system) {
                    try $0.query("SELECT 1 FROM nowhere WHERE id = \(secret)").count
                }
            },
            try await expectError(.unique, "a second row under a key") {
                try await insert([secret, secret], in: database)
            },
        ]
        for error in errors {
            try expect(!error.description.contains(secret), "no value shows in \(error)")
            try expect(!error.isRetryable, "\(error) is not retryable")
        }
    }

    /// How many rows a statement changed.
    package func runAffectedRows() async throws {
        let database = try await database()
        let counts = try await database.write(as: .system) { tx in
            [
                try tx.execute("INSERT INTO exam_values (id, number) VALUES (\("a"), 1), (\("b"), 1), (\("c"), 2)"),
                try tx.execute("UPDATE exam_values SET number = 5 WHERE number = 1"),
                try tx.execute("UPDATE exam_values SET number = 6 WHERE number = 1"),
                try tx.execute("CREATE TABLE exam_more (id TEXT NOT NULL PRIMARY KEY)"),
                try tx.execute("DELETE FROM exam_values WHERE number = 2"),
                try tx.execute("DELETE FROM exam_values WHERE number = 2"),
            ]
        }
        try expectEqual(counts, [3, 2, 0, 0, 1, 0], "rows changed")
    }

    /// `RETURNING` answers the rows that were written.
    package func runReturning() async throws {
        let database = try await database()
        let answers = try await database.write(as: .system) { tx in
            let inserted = try tx.query(
                "INSERT INTO exam_values (id, number) VALUES (\("a"), 1), (\("b"), 2) RETURNING id, number")
            let updated = try tx.query(
                "UPDATE exam_values SET number = number + 10 WHERE id = \("b") RETURNING number")
            let deleted = try tx.query("DELETE FROM exam_values WHERE number > 100 RETURNING id")
            return (
                try inserted.map { try $0.get("id", as: String.self) },
                try updated.map { try $0.get("number", as: Int.self) },
                deleted.count
            )
        }
        try expectEqual(answers.0.sorted(), ["a", "b"], "what was inserted")
        try expectEqual(answers.1, [12], "what was updated")
        try expectEqual(answers.2, 0, "what was deleted")
        try await expectRows(2, in: database)
    }
}
