import Database
package import Vocabulary

/// What operators see and do, over all tenants.
extension JobQueue {
    /// The jobs that wait, run or failed, by kind. Reads only the indexes of those states; the others are history.
    package func counts() async throws -> [JobCount] {
        try await database.read(as: .system) { tx in
            let rows = try tx.query(
                """
                SELECT kind, 'ready' AS state, COUNT(*) AS jobs FROM jobs WHERE state = 'ready' GROUP BY kind
                UNION ALL
                SELECT kind, 'sleeping', COUNT(*) FROM jobs WHERE state = 'sleeping' GROUP BY kind
                UNION ALL
                SELECT kind, 'running', COUNT(*) FROM jobs WHERE state = 'running' GROUP BY kind
                UNION ALL
                SELECT kind, 'failed', COUNT(*) FROM jobs WHERE state = 'failed' GROUP BY kind
                """)
            return try rows.map {
                JobCount(kind: try $0.get("kind"), state: try $0.get("state"), count: try $0.get("jobs"))
            }
        }
    }

    /// Jobs, the newest first.
    package func list(
        state: JobState? = nil, kind: JobKind? = nil, tenant: TenantID? = nil, page: PageRequest = .init()
    ) async throws -> Page<QueuedJob> {
        try await database.read(as: .system) { tx in
            var conditions: [SQL] = ["1 = 1"]
            if let tenant { conditions.append("tenant_id = \(tenant)") }
            switch state {
            // Spelled out, so that the partial index is known to hold them.
            case .failed: conditions.append("state = 'failed'")
            case .running: conditions.append("state = 'running'")
            case .some(let state): conditions.append("state = \(state)")
            case nil: break
            }
            if let kind { conditions.append("kind = \(kind)") }
            if let after = page.after { conditions.append("id < \(after)") }
            let rows = try tx.query(
                """
                SELECT \(QueuedJob.columns) FROM jobs WHERE \(SQL.joined(conditions, by: " AND "))
                ORDER BY id DESC LIMIT \(page.limit + 1)
                """)
            return Page(reading: try rows.map(QueuedJob.init), limit: page.limit) { $0.id.text }
        }
    }

    /// One job; nil when there is none, or it is past the retention.
    package func show(_ id: QueuedJobID) async throws -> QueuedJob? {
        try await database.read(as: .system) { tx in
            try tx.first("SELECT \(QueuedJob.columns) FROM jobs WHERE id = \(id)").map(QueuedJob.init)
        }
    }

    /// Makes a failed job ready again, with all its tries.
    /// - Returns: false when it hasn't failed, or another with its unique key waits or runs.
    package func requeue(_ id: QueuedJobID) async throws -> Bool {
        try await database.write(as: .system) { tx in
            let now = surroundings.now()
            let row = try tx.first(
                """
                UPDATE jobs SET state = 'sleeping', run_at = \(now), attempt = 0, finished_at = NULL
                WHERE id = \(id) AND state = 'failed' AND NOT EXISTS (
                SELECT 1 FROM jobs AS other WHERE other.tenant_id = jobs.tenant_id
                AND other.unique_key = jobs.unique_key AND other.finished_at IS NULL)
                RETURNING tenant_id, id, priority, run_at
                """)
            guard let row else { return false }
            try resume([try ResumedJob(row)], in: tx)
            tx.notify(Self.channel)
            return true
        }
    }
}
