import Database
import TestKit
import Testing
import Vocabulary

@testable import JobQueue

/// What a statement reads doesn't grow with the history: on SQLite the plan says so.
@Suite("The plans of the hot statements")
struct QueryPlanTests {
    static func plan(_ sql: SQL) async throws -> String {
        let database: any Database = try await TestDatabase.sqlite(migrations: JobQueue.migrations)
        return try await database.write(as: .system) { tx in
            try tx.query("EXPLAIN QUERY PLAN \(sql)").map { try $0.get("detail", as: String.self) }.joined(
                separator: "\n")
        }
    }

    @Test("a claim walks the ready index of its kinds, and finds its rows by key") func claim() async throws {
        let plan = try await Self.plan(
            JobQueue.claimStatement(
                kinds: [JobKind("a"), JobKind("b")], limit: 32, worker: "w", leaseUntil: Timestamp(seconds: 1),
                dialect: .sqlite))
        let tables = plan.split(separator: "\n").filter { $0.contains(" jobs ") }
        #expect(tables.count == 3, "\(plan)")
        #expect(tables.count { $0.contains("SEARCH jobs USING COVERING INDEX jobs_ready (kind=?)") } == 2, "\(plan)")
        #expect(tables.count { $0.contains("(tenant_id=? AND id=?)") } == 1, "\(plan)")
    }

    @Test("a claim of fewer of a kind is the same walk") func cappedClaim() async throws {
        let plan = try await Self.plan(
            JobQueue.claimStatement(
                kinds: [JobKind("a"), JobKind("b")], limit: 32, atMost: [JobKind("a"): 3], worker: "w",
                leaseUntil: Timestamp(seconds: 1), dialect: .sqlite))
        let tables = plan.split(separator: "\n").filter { $0.contains(" jobs ") }
        #expect(tables.count { $0.contains("SEARCH jobs USING COVERING INDEX jobs_ready (kind=?)") } == 2, "\(plan)")
    }

    @Test("whether another room's row has a live job is one look into the index of unique keys")
    func liveJob() async throws {
        let database: any Database = try await TestDatabase.sqlite(migrations: JobQueue.migrations)
        let plan = try await database.write(as: .system) { tx in
            try tx.execute(
                "CREATE TABLE films (tenant_id TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant_id, id))")
            let condition = JobQueue.hasLiveJob(uniqueKey: "films.id", tenant: "films.tenant_id")
            return try tx.query("EXPLAIN QUERY PLAN SELECT id FROM films WHERE NOT \(condition)")
                .map { try $0.get("detail", as: String.self) }.joined(separator: "\n")
        }
        #expect(plan.contains("SEARCH live_job USING"), "\(plan)")
        #expect(plan.contains("INDEX jobs_unique (tenant_id=? AND unique_key=?)"), "\(plan)")
    }

    @Test(
        "upkeep walks the index of its state",
        arguments: [
            ("SELECT id FROM jobs WHERE state = 'running' AND lease_until < 5 LIMIT 1", "jobs_running"),
            ("SELECT run_at FROM jobs WHERE state = 'sleeping' ORDER BY run_at LIMIT 1", "jobs_sleeping"),
            ("SELECT id FROM jobs WHERE state = 'sleeping' AND run_at <= 5 ORDER BY run_at LIMIT 9", "jobs_sleeping"),
            (
                "SELECT id FROM jobs WHERE finished_at IS NOT NULL AND finished_at < 5 ORDER BY finished_at",
                "jobs_finished"
            ),
            ("SELECT id FROM jobs WHERE state = 'failed' AND id < 'x' ORDER BY id DESC LIMIT 9", "jobs_failed"),
            ("SELECT id FROM jobs WHERE tenant_id = 'a' AND unique_key = 'k' AND finished_at IS NULL", "jobs_unique"),
        ] as [(SQL, String)])
    func upkeep(_ statement: SQL, _ index: String) async throws {
        let plan = try await Self.plan(statement)
        #expect(plan.contains(index), "\(plan)")
        #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
    }
}
