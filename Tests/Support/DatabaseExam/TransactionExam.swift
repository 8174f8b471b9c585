import Database
import Glibc
import Synchronization
import TestKit
import Vocabulary

extension DatabaseExam {
    /// An error undoes all that the body did, and reaches the caller as it was thrown.
    package func runRollbackOnThrow() async throws {
        let database = try await database()
        do {
            try await database.write(as: .system) { tx in
                try tx.execute("INSERT INTO exam_values (id) VALUES (\("gone"))")
                throw ChangedMind()
            }
            throw ExamFailure(description: "a body's error didn't reach the caller")
        } catch is ChangedMind {}
        try await expectRows(0, in: database)
    }

    /// Of 200 writers at once every third gives up; exactly the rows of the others are there.
    package func runConcurrentWritersAreIsolated() async throws {
        let database = try await database()
        let outcomes = try await withThrowingTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        try await database.write(as: .system) { tx in
                            try tx.execute("INSERT INTO exam_values (id, number) VALUES (\("w\(number)"), \(number))")
                            if number.isMultiple(of: 3) { throw ChangedMind() }
                        }
                        return (number, true)
                    } catch is ChangedMind {
                        return (number, false)
                    }
                }
            }
            return try await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        try expectEqual(outcomes.count, 200, "answers")
        let found = try await database.read(as: .system) { tx in
            try tx.query("SELECT number FROM exam_values ORDER BY number").map { try $0.get("number", as: Int.self) }
        }
        try expectEqual(found, (0..<200).filter { !$0.isMultiple(of: 3) }, "the rows of the writers that kept theirs")
        try expectEqual(
            outcomes.filter(\.value).keys.sorted(), found, "the writers that were told that theirs are kept")
    }

    /// A body whose statement fails doesn't disturb those that run beside it.
    package func runConcurrentFailuresAreIsolated() async throws {
        let database = try await database()
        let kept = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    do {
                        try await database.write(as: .system) { tx in
                            try tx.execute("INSERT INTO exam_values (id) VALUES (\("own\(number)"))")
                            try tx.execute("INSERT INTO exam_values (id) VALUES (\("shared\(number % 20)"))")
                        }
                        kept.add()
                    } catch let error as DatabaseError where error.code == .unique {}
                }
            }
            try await group.waitForAll()
        }
        try expectEqual(kept.count, 20, "writers that won a row that three want")
        try await expectRows(40, in: database)
    }

    /// A counter that all raise ends at the number of those who raised it.
    package func runNoUpdateIsLost() async throws {
        let database = try await database()
        try await database.write(as: .system) { tx in
            try tx.execute("INSERT INTO exam_values (id, number) VALUES (\("counter"), \(0))")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await database.write(as: .system) { tx in
                        let lock = tx.dialect.lockingRows
                        let row = try tx.first("SELECT number FROM exam_values WHERE id = \("counter")\(lock)")
                        let number = try row?.get("number", as: Int.self) ?? 0
                        try tx.execute("UPDATE exam_values SET number = \(number + 1) WHERE id = \("counter")")
                    }
                }
            }
            try await group.waitForAll()
        }
        let row = try await database.read(as: .system) { try $0.first("SELECT number FROM exam_values") }
        try expectEqual(try row?.get("number", as: Int.self), 100, "the counter")
    }

    /// A read sees one state from its beginning to its end, and doesn't hold up a write.
    package func runReadIsSnapshot() async throws {
        let database = try await database()
        try await insert(["before"], in: database)
        let began = Tally()
        let wrote = Tally()
        let counts = try await withThrowingTaskGroup(of: [Int].self) { group in
            group.addTask {
                try await database.read(as: .system) { tx in
                    let first = try tx.query("SELECT id FROM exam_values").count
                    began.add()
                    var pauses = 0
                    while wrote.count == 0, pauses < 4_000 {
                        usleep(5_000)
                        pauses += 1
                    }
                    return [first, try tx.query("SELECT id FROM exam_values").count, wrote.count]
                }
            }
            try await eventually("the read began") { began.count == 1 }
            try await insert(["during"], in: database)
            wrote.add()
            return try await group.next() ?? []
        }
        try expectEqual(counts, [1, 1, 1], "rows seen first, rows seen after a write, writes meanwhile")
        try await expectRows(2, in: database)
    }

    /// A caller sees what it wrote.
    package func runReadsSeeFinishedWrites() async throws {
        let database = try await database()
        for number in 1...20 {
            try await insert(["r\(number)"], in: database)
            try await expectRows(number, in: database)
        }
    }

    /// A read can't write.
    package func runWriteInReadIsRefused() async throws {
        let database = try await database()
        try await expectError(.misuse, "an insert in a read") {
            try await database.read(as: .system) { try $0.execute("INSERT INTO exam_values (id) VALUES (\("no"))") }
        }
        try await expectError(.misuse, "an insert that answers rows in a read") {
            _ = try await database.read(as: .system) { tx in
                try tx.query("INSERT INTO exam_values (id) VALUES (\("no")) RETURNING id").count
            }
        }
        try await expectRows(0, in: database)
        try await insert(["yes"], in: database)
    }

    /// A body can't end the transaction that others share.
    package func runTransactionControlIsRefused() async throws {
        let database = try await database()
        for statement: SQL in ["COMMIT", "rollback", " BEGIN", "END;", "SAVEPOINT mine", "RELEASE body"] {
            try await expectError(.misuse, "\(statement)") {
                try await database.write(as: .system) { tx in
                    try tx.execute("INSERT INTO exam_values (id) VALUES (\("no"))")
                    try tx.execute(statement)
                }
            }
        }
        try await expectRows(0, in: database)
    }

    /// What follows a commit follows it, in order, and never follows a rollback.
    package func runAfterCommit() async throws {
        let database = try await database()
        let ran = Tally()
        do {
            try await database.write(as: .system) { tx in
                tx.afterCommit { ran.add() }
                throw ChangedMind()
            }
        } catch is ChangedMind {}
        try expectEqual(ran.count, 0, "actions after a rollback")
        let order = Mutex<[Int]>([])
        let ranInside = try await database.write(as: .system) { tx in
            try tx.execute("INSERT INTO exam_values (id) VALUES (\("a"))")
            for number in 1...3 {
                tx.afterCommit {
                    ran.add()
                    order.withLock { $0.append(number) }
                }
            }
            return ran.count
        }
        try expectEqual(ranInside, 0, "actions before the commit")
        try expectEqual(order.withLock { $0 }, [1, 2, 3], "the order of the actions when the write has returned")
    }

    /// A cancelled caller gets the true outcome.
    package func runCancelledCallerGetsOutcome() async throws {
        let database = try await database()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await database.write(as: .system) { tx in
                    try tx.execute("INSERT INTO exam_values (id) VALUES (\("kept"))")
                }
            }
            return try await group.next() ?? 0
        }
        try expectEqual(found, 1, "rows inserted by a cancelled caller")
        try await expectRows(1, in: database)
    }

    /// A body knows on whose behalf it runs.
    package func runScope() async throws {
        let database = try await database()
        guard let tenant = TenantID(Self.tenant) else { throw ExamFailure(description: "a tenant's name") }
        try expectEqual(try await database.write(as: tenant) { $0.scope }, .tenant(tenant), "the scope of a write")
        try expectEqual(try await database.read(as: tenant) { $0.scope }, .tenant(tenant), "the scope of a read")
        try expectEqual(try await database.read(as: .system) { $0.scope }, .system, "the scope of the machine")
        try await database.ping()
    }
}
