import Database
import Vocabulary

extension DatabaseExam {
    /// Every type binds and reads back as it was, at the ends of its range.
    package func runValuesOfEveryType() async throws {
        let database = try await database()
        let samples: [(Int64, Double, String, [UInt8])] = [
            (0, 0, "", []),
            (.max, .greatestFiniteMagnitude, "plain", [0]),
            (.min, -.leastNonzeroMagnitude, "two\nlines\ttab", Array(0...255)),
            (-1, 0.1, String(repeating: "x", count: 200_000), [UInt8](repeating: 7, count: 200_000)),
        ]
        for (number, sample) in samples.enumerated() {
            let (integer, real, words, raw) = sample
            let row = try await database.write(as: .system) { tx in
                try tx.execute(
                    """
                    INSERT INTO exam_values (id, number, real, words, raw)
                    VALUES (\("v\(number)"), \(integer), \(real), \(words), \(raw))
                    """)
                return try tx.first("SELECT number, real, words, raw FROM exam_values WHERE id = \("v\(number)")")
            }
            guard let row else { throw ExamFailure(description: "the row that was written isn't there") }
            try expectEqual(try row.get("number"), integer, "an integer")
            try expectEqual(try row.get("real"), real, "a real number")
            try expect(try row.get("words") == words, "text reads back as it was")
            try expect(try row.get("raw") == raw, "bytes read back as they were")
        }
    }

    /// A moment, a flag, an amount and a tenant bind themselves.
    package func runVocabularyBinds() async throws {
        let database = try await database()
        guard let tenant = TenantID("acme-1") else { throw ExamFailure(description: "a tenant's name") }
        let moment = Timestamp(microseconds: 1_767_225_600_123_456)
        let row = try await database.write(as: tenant) { tx in
            try tx.execute(
                "INSERT INTO exam_values (id, number, words) VALUES (\("moment"), \(moment), \(tenant))")
            try tx.execute("INSERT INTO exam_values (id, number) VALUES (\("flag"), \(true))")
            try tx.execute("INSERT INTO exam_values (id, number) VALUES (\("money"), \(MicroCredits(1_500_000)))")
            return try tx.query("SELECT id, number, words FROM exam_values ORDER BY id")
        }
        try expectEqual(row.count, 3, "rows")
        try expectEqual(try row[0].get("number", as: Bool.self), true, "a flag")
        try expectEqual(try row[1].get("number"), moment, "a moment")
        try expectEqual(try row[1].get("words"), tenant, "a tenant")
        try expectEqual(try row[2].get("number", as: MicroCredits.self).count, 1_500_000, "an amount")
    }

    /// Null is neither empty nor zero, and a column that must not be null says so.
    package func runNull() async throws {
        let database = try await database()
        let nothing: String? = nil
        let row = try await database.write(as: .system) { tx in
            try tx.execute("INSERT INTO exam_values (id, words) VALUES (\("null"), \(nothing))")
            return try tx.first("SELECT number, real, words, raw FROM exam_values WHERE words IS NULL")
        }
        guard let row else { throw ExamFailure(description: "a bound nil is not null") }
        try expectEqual(try row.getIfPresent("number", as: Int64.self), nil, "a null integer")
        try expectEqual(try row.getIfPresent("real", as: Double.self), nil, "a null real number")
        try expectEqual(try row.getIfPresent("words", as: String.self), nil, "a null text")
        try expectEqual(try row.getIfPresent("raw", as: [UInt8].self), nil, "null bytes")
        try await expectError(.decoding, "null read as text") { try row.get("words", as: String.self) }
        try await expectError(.decoding, "a column that isn't there") { try row.get("nothing", as: String.self) }
    }

    /// Text of any script comes back unchanged, and compares by its bytes.
    package func runUnicode() async throws {
        let database = try await database()
        let samples = ["Grüße", "日本語", "🎬👩‍👩‍👧", "e\u{301}", "é", "\u{FEFF}bom", "مرحبا", "\u{10FFFD}"]
        let found = try await database.write(as: .system) { tx in
            for (number, sample) in samples.enumerated() {
                try tx.execute("INSERT INTO exam_values (id, number, words) VALUES (\(sample), \(number), \(sample))")
            }
            return try tx.query("SELECT words FROM exam_values ORDER BY number").map {
                try $0.get("words", as: String.self)
            }
        }
        try expectEqual(found.map { Array($0.utf8) }, samples.map { Array($0.utf8) }, "text")
    }

    /// A text with a NUL, which neither database can keep whole, is refused and never cut.
    package func runNULInTextIsRefused() async throws {
        let database = try await database()
        try await expectError(.constraint, "a text with a NUL") {
            try await database.write(as: .system) { tx in
                try tx.execute("INSERT INTO exam_values (id, words) VALUES (\("nul"), \("before\u{0}after"))")
            }
        }
        try await expectRows(0, in: database)
    }

    /// What looks like SQL in a value is data.
    package func runInjectionIsData() async throws {
        let database = try await database()
        let samples = [
            "'; DROP TABLE exam_values; --", "\" OR \"\"=\"", "1 OR 1=1", "?1", "$1", ":name", "%' OR '1'='1",
            "\\'; --",
        ]
        for sample in samples {
            let counts = try await database.write(as: .system) { tx in
                try tx.execute("INSERT INTO exam_values (id, words) VALUES (\(sample), \(sample))")
                let same = try tx.query("SELECT id FROM exam_values WHERE words = \(sample)")
                return [same.count, try tx.execute("DELETE FROM exam_values WHERE id = \(sample)")]
            }
            try expectEqual(counts, [1, 1], "rows that are \(sample)")
        }
        try await expectRows(0, in: database)
    }

    /// `IN` takes a list of any length.
    package func runLists() async throws {
        let database = try await database()
        try await insert(["a", "b", "c"], in: database)
        for list in [["a"], ["a", "c"], (0..<500).map { "x\($0)" } + ["b"]] {
            let found = try await database.read(as: .system) { tx in
                try tx.query("SELECT id FROM exam_values WHERE id IN \(SQL.list(list)) ORDER BY id")
                    .map { try $0.get("id", as: String.self) }
            }
            try expectEqual(found, ["a", "b", "c"].filter(list.contains), "rows of a list of \(list.count)")
        }
    }

    func insert(_ ids: [String], in database: any Database) async throws {
        try await database.write(as: .system) { tx in
            for id in ids { try tx.execute("INSERT INTO exam_values (id) VALUES (\(id))") }
        }
    }

    func ids(in database: any Database) async throws -> [String] {
        try await database.read(as: .system) { tx in
            try tx.query("SELECT id FROM exam_values ORDER BY id").map { try $0.get("id", as: String.self) }
        }
    }

    func expectRows(_ count: Int, in database: any Database) async throws {
        try expectEqual(try await ids(in: database).count, count, "rows")
    }
}
