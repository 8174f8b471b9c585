import Database
import Engines
import FoundationEssentials
import JobQueue
import Vocabulary

/// The rows of jobs and of their events.
struct ContentJobStore: Sendable {
    /// Notified with every event of that job.
    static func channel(_ id: ContentJobID) -> Channel { Channel(rawValue: id.text) }

    /// How many events one reading takes at most.
    static let eventsAtOnce = 1000

    func insert(_ state: RenderState, in transaction: any Transaction) throws {
        let job = state.job
        try transaction.execute(
            """
            INSERT INTO content_jobs (tenant_id, id, type, status, phase, progress, model, is_test, request, \
            attempts, events, duration_seconds, message, estimated_seconds, waiting_because, webhook_url, request_id, \
            traceparent, deadline_at, created_at, updated_at)
            VALUES (\(job.tenant), \(job.id), \(job.type), \(job.status), \(job.phase), \(job.progress), \(job.model), \
            \(job.isTest), \(try json(state.request)), '[]', 1, \(job.durationSeconds), \(job.message), \
            \(job.estimatedSeconds), \(job.waitingBecause), \(job.webhookURL), \(state.requestID), \
            \(state.traceparent), \(state.deadline), \(job.createdAt), \(job.updatedAt))
            """)
        try insertEvent(of: state, number: 1, in: transaction)
        try count(1, job.tenant, in: transaction)
    }

    /// - Parameter locked: the row doesn't change before the transaction ends.
    func find(
        _ tenant: TenantID, _ id: ContentJobID, locked: Bool = false, in transaction: any Transaction
    ) throws -> RenderState? {
        let lock = locked ? transaction.dialect.lockingRows : ""
        let row = try transaction.first(
            "SELECT * FROM content_jobs WHERE tenant_id = \(tenant) AND id = \(id)\(lock)")
        guard let row else { return nil }
        var state = try decode(row)
        if let asset = try row.getIfPresent("asset_id", as: AssetID.self) {
            state.job.asset = try AssetStore().find(tenant, asset, in: transaction)
        }
        return state
    }

    func list(
        _ tenant: TenantID, _ filter: ContentJobFilter, _ page: PageRequest, in transaction: any Transaction
    ) throws -> Page<ContentJob> {
        var conditions: [SQL] = ["tenant_id = \(tenant)"]
        if let status = filter.status { conditions.append("status = \(status)") }
        if let type = filter.type { conditions.append("type = \(type)") }
        if let model = filter.model { conditions.append("model = \(model)") }
        if let since = filter.since { conditions.append("created_at >= \(since)") }
        if let until = filter.until { conditions.append("created_at < \(until)") }
        if let after = page.after { conditions.append("id < \(after)") }
        let rows = try transaction.query(
            """
            SELECT * FROM content_jobs WHERE \(SQL.joined(conditions, by: " AND ")) ORDER BY id DESC \
            LIMIT \(page.limit + 1)
            """)
        let jobs = try rows.map { row in
            var job = try decode(row).job
            if let asset = try row.getIfPresent("asset_id", as: AssetID.self) {
                job.asset = try AssetStore().find(tenant, asset, in: transaction)
            }
            return job
        }
        return Page(reading: jobs, limit: page.limit) { $0.id.text }
    }

    /// How many unfinished jobs the tenant has: a number that is kept, so that asking costs the same however many.
    func countOpen(_ tenant: TenantID, in transaction: any Transaction) throws -> Int {
        try transaction.first("SELECT open FROM content_open_jobs WHERE tenant_id = \(tenant)")?.get("open") ?? 0
    }

    private func count(_ change: Int, _ tenant: TenantID, in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO content_open_jobs (tenant_id, open) VALUES (\(tenant), \(change))
            ON CONFLICT (tenant_id) DO UPDATE SET open = content_open_jobs.open + excluded.open
            """)
    }

    /// Writes what changed, and the event that tells of it when it shows.
    func save(_ state: inout RenderState, was before: RenderState, in transaction: any Transaction) throws {
        let shows =
            state.job.status != before.job.status || state.job.phase != before.job.phase
            || state.job.progress != before.job.progress
        if shows {
            state.events += 1
            try insertEvent(of: state, number: state.events, in: transaction)
        }
        let job = state.job
        if before.job.status.isFinal != job.status.isFinal {
            try count(job.status.isFinal ? -1 : 1, job.tenant, in: transaction)
        }
        try transaction.execute(
            """
            UPDATE content_jobs SET status = \(job.status), phase = \(job.phase), progress = \(job.progress), \
            served_by = \(job.servedBy), engine = \(job.engine), ticket = \(try state.ticket.map(json)), \
            submissions = \(state.submissions), fetches = \(state.fetches), events = \(state.events), \
            attempts = \(try json(job.attempts)), asset_id = \(job.asset?.id), failure = \(try job.failure.map(json)), \
            waiting_because = \(job.waitingBecause), cost_micro = \(job.cost), deadline_at = \(state.deadline), \
            updated_at = \(job.updatedAt), completed_at = \(job.completedAt)
            WHERE tenant_id = \(job.tenant) AND id = \(job.id)
            """)
    }

    private func insertEvent(of state: RenderState, number: Int, in transaction: any Transaction) throws {
        let job = state.job
        try transaction.execute(
            """
            INSERT INTO content_job_events (tenant_id, job_id, sequence, status, phase, progress, at)
            VALUES (\(job.tenant), \(job.id), \(number), \(job.status), \(job.phase), \(job.progress), \(job.updatedAt))
            """)
        transaction.notify(Self.channel(job.id))
    }

    func events(
        _ tenant: TenantID, _ id: ContentJobID, after sequence: Int, in transaction: any Transaction
    ) throws -> [ContentJobEvent] {
        try transaction.query(
            """
            SELECT * FROM content_job_events WHERE tenant_id = \(tenant) AND job_id = \(id) AND sequence > \(sequence)
            ORDER BY sequence LIMIT \(Self.eventsAtOnce)
            """
        ).map { row in
            ContentJobEvent(
                sequence: try row.get("sequence"), status: try row.get("status"), phase: try row.get("phase"),
                progress: try row.get("progress"), at: try row.get("at"))
        }
    }

    /// Unfinished jobs that nobody has touched since that moment, that have no work queued, and that don't wait for a
    /// person; those first that have waited longest.
    func orphans(
        untouchedSince moment: Timestamp, limit: Int, in transaction: any Transaction
    ) throws -> [(TenantID, ContentJobID)] {
        let isQueued = JobQueue.hasLiveJob(uniqueKey: "content_jobs.id", tenant: "content_jobs.tenant_id")
        return try transaction.query(
            """
            SELECT tenant_id, id FROM content_jobs
            WHERE status IN ('pending', 'processing') AND phase <> 'unknown' AND updated_at < \(moment)
            AND NOT \(isQueued) ORDER BY updated_at LIMIT \(limit)
            """
        ).map { (try $0.get("tenant_id"), try $0.get("id")) }
    }

    /// Deletes jobs that ended before that moment, with their events.
    /// - Returns: how many.
    func purge(endedBefore moment: Timestamp, limit: Int, in transaction: any Transaction) throws -> Int {
        let rows = try transaction.query(
            "SELECT tenant_id, id FROM content_jobs WHERE completed_at < \(moment) ORDER BY completed_at LIMIT \(limit)"
        )
        for row in rows {
            let tenant: TenantID = try row.get("tenant_id")
            let id: ContentJobID = try row.get("id")
            try transaction.execute("DELETE FROM content_job_events WHERE tenant_id = \(tenant) AND job_id = \(id)")
            try transaction.execute("DELETE FROM content_jobs WHERE tenant_id = \(tenant) AND id = \(id)")
        }
        return rows.count
    }
}

// MARK: Rows

extension ContentJobStore {
    private func decode(_ row: Row) throws -> RenderState {
        let job = ContentJob(
            id: try row.get("id"), tenant: try row.get("tenant_id"), type: try row.get("type"),
            status: try row.get("status"), phase: try row.get("phase"), progress: try row.get("progress"),
            model: try row.get("model"), servedBy: try row.getIfPresent("served_by"),
            engine: try row.getIfPresent("engine"), isTest: try row.get("is_test"),
            durationSeconds: try row.getIfPresent("duration_seconds"), message: try row.getIfPresent("message"),
            estimatedSeconds: try row.getIfPresent("estimated_seconds"), asset: nil,
            failure: try decoded(ContentJob.Failure.self, row.getIfPresent("failure")),
            attempts: try decoded([EngineAttempt].self, row.getIfPresent("attempts")) ?? [],
            waitingBecause: try row.getIfPresent("waiting_because"), cost: try row.getIfPresent("cost_micro"),
            webhookURL: try row.getIfPresent("webhook_url"), createdAt: try row.get("created_at"),
            updatedAt: try row.get("updated_at"), completedAt: try row.getIfPresent("completed_at"))
        guard let request = try decoded(RenderRequest.self, row.get("request")) else {
            throw DatabaseError(.decoding, "job \(job.id) has no request")
        }
        return RenderState(
            job: job, request: request, ticket: try decoded(VideoTicket.self, row.getIfPresent("ticket")),
            submissions: try row.get("submissions"), fetches: try row.get("fetches"), events: try row.get("events"),
            deadline: try row.getIfPresent("deadline_at"), requestID: try row.get("request_id"),
            traceparent: try row.getIfPresent("traceparent"))
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ text: String?) throws -> Value? {
        try text.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
    }

    private func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

extension Modality: SQLConvertible {}
extension ContentJob.Status: SQLConvertible {}
extension ContentJob.Phase: SQLConvertible {}
