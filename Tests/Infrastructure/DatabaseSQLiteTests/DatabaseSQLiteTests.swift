import Database
import DatabaseExam
import DatabaseSQLite
import TestKit
import Testing

@Suite("SQLite passes the exam of a database")
struct SQLiteExamTests {
    let exam = DatabaseExam {
        let path = try TestDatabase.freshPath()
        return { try TestDatabase.open(path: path) }
    }

    @Test("values of every type read back as they were written")
    func values() async throws { try await exam.runValuesOfEveryType() }

    @Test("moments, flags, amounts and tenants bind themselves")
    func vocabulary() async throws { try await exam.runVocabularyBinds() }

    @Test("null is neither empty nor zero")
    func null() async throws { try await exam.runNull() }

    @Test("text of any script comes back unchanged")
    func unicode() async throws { try await exam.runUnicode() }

    @Test("a text with a NUL is refused, not cut")
    func nul() async throws { try await exam.runNULInTextIsRefused() }

    @Test("what looks like SQL in a value is data")
    func injection() async throws { try await exam.runInjectionIsData() }

    @Test("IN takes a list of any length")
    func lists() async throws { try await exam.runLists() }

    @Test("an error undoes all that the body did")
    func rollback() async throws { try await exam.runRollbackOnThrow() }

    @Test("of 200 writers at once exactly those that didn't throw have their rows")
    func concurrentWriters() async throws { try await exam.runConcurrentWritersAreIsolated() }

    @Test("a statement that fails doesn't disturb the bodies beside it")
    func concurrentFailures() async throws { try await exam.runConcurrentFailuresAreIsolated() }

    @Test("no update is lost")
    func updates() async throws { try await exam.runNoUpdateIsLost() }

    @Test("a read sees one state and doesn't hold up a write")
    func snapshot() async throws { try await exam.runReadIsSnapshot() }

    @Test("a caller sees what it wrote")
    func ownWrites() async throws { try await exam.runReadsSeeFinishedWrites() }

    @Test("a read can't write")
    func writeInRead() async throws { try await exam.runWriteInReadIsRefused() }

    @Test("a body can't end its transaction")
    func control() async throws { try await exam.runTransactionControlIsRefused() }

    @Test("actions follow the commit in order and never a rollback")
    func afterCommit() async throws { try await exam.runAfterCommit() }

    @Test("a cancelled caller gets the true outcome")
    func cancelled() async throws { try await exam.runCancelledCallerGetsOutcome() }

    @Test("a body knows on whose behalf it runs")
    func scope() async throws { try await exam.runScope() }

    @Test("a second row under a key is refused by name")
    func unique() async throws { try await exam.runUnique() }

    @Test("a row refers to one that is there")
    func foreignKey() async throws { try await exam.runForeignKey() }

    @Test("nulls and values out of range are refused")
    func notNull() async throws { try await exam.runNotNullAndCheck() }

    @Test("a wrong statement is a defect, and no error shows a value")
    func wrongStatement() async throws { try await exam.runWrongStatement() }

    @Test("a statement says how many rows it changed")
    func affectedRows() async throws { try await exam.runAffectedRows() }

    @Test("RETURNING answers the rows that were written")
    func returning() async throws { try await exam.runReturning() }

    @Test("listeners wake when a transaction is on disk")
    func notifications() async throws { try await exam.runNotifications() }

    @Test("each migration runs once")
    func migrations() async throws { try await exam.runMigrationsOnce() }

    @Test("a migration that fails leaves nothing")
    func failedMigration() async throws { try await exam.runFailedMigrationLeavesNothing() }

    @Test("handles that migrate at the same time apply each migration once")
    func migrationsAtOnce() async throws { try await exam.runMigrationsAtOnce() }

    @Test("a newer schema is refused")
    func newerSchema() async throws { try await exam.runNewerSchemaIsRefused() }
}
