import Database
import Engines
import FoundationEssentials
import Vocabulary

/// The record of a text or an image that was made at once: what was used, never what was written.
struct GenerationRow: Sendable {
    var tenant: TenantID
    var id: GenerationID
    var type: Modality
    var model: String
    var servedBy: String
    var engine: String
    var isTest: Bool
    var template: String?
    var usage: TokenUsage
    var finishReason: String
    var cost: MicroCredits?
    var attempts: String
    var metadata: String?
    var requestID: String
    var createdAt: Timestamp

    init(
        _ record: TextRecord, type: Modality, isTest: Bool, template: String?, metadata: JSONValue?, requestID: String
    ) {
        tenant = record.tenant
        id = record.id
        self.type = type
        model = record.model
        servedBy = record.servedBy
        engine = record.engine
        self.isTest = isTest
        self.template = template
        usage = record.usage
        finishReason = record.finishReason
        cost = record.cost
        attempts = Self.json(record.attempts)
        self.metadata = metadata.flatMap { Self.json($0) }
        self.requestID = requestID
        createdAt = record.createdAt
    }

    init(_ record: ImageRecord, tenant: TenantID, isTest: Bool, template: String?, requestID: String) {
        self.tenant = tenant
        id = record.id
        type = .image
        model = record.model
        servedBy = record.servedBy
        engine = record.engine
        self.isTest = isTest
        self.template = template
        usage = TokenUsage(prompt: 0, completion: 0)
        finishReason = "stop"
        cost = record.cost
        attempts = Self.json(record.attempts)
        metadata = nil
        self.requestID = requestID
        createdAt = record.createdAt
    }

    /// A text that is about to be streamed: what is known of it if its reader leaves before the end.
    init(
        opening id: GenerationID, _ tenant: TenantID, model: String, routed: (engine: String, servedBy: String),
        isTest: Bool, template: String?, metadata: JSONValue?, requestID: String, at now: Timestamp
    ) {
        self.tenant = tenant
        self.id = id
        type = .text
        self.model = model
        servedBy = routed.servedBy
        engine = routed.engine
        self.isTest = isTest
        self.template = template
        usage = TokenUsage(prompt: 0, completion: 0)
        finishReason = "interrupted"
        attempts = "[]"
        self.metadata = metadata.flatMap { Self.json($0) }
        self.requestID = requestID
        createdAt = now
    }

    /// Inserts it, or brings what was written at its opening up to date.
    func write(in transaction: any Transaction) throws {
        try transaction.execute(
            """
            INSERT INTO generations (tenant_id, id, type, model, served_by, engine, is_test, template, prompt_tokens, \
            completion_tokens, finish_reason, cost_micro, attempts, metadata, request_id, created_at)
            VALUES (\(tenant), \(id), \(type), \(model), \(servedBy), \(engine), \(isTest), \(template), \
            \(usage.prompt), \(usage.completion), \(finishReason), \(cost), \(attempts), \(metadata), \(requestID), \
            \(createdAt))
            ON CONFLICT (tenant_id, id) DO UPDATE SET served_by = excluded.served_by, engine = excluded.engine, \
            prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens, \
            finish_reason = excluded.finish_reason, cost_micro = excluded.cost_micro, attempts = excluded.attempts
            """)
    }

    static func find(_ tenant: TenantID, _ id: GenerationID, in transaction: any Transaction) throws -> GenerationRow? {
        try transaction.first("SELECT * FROM generations WHERE tenant_id = \(tenant) AND id = \(id)")
            .map(GenerationRow.init(row:))
    }

    private init(row: Row) throws {
        tenant = try row.get("tenant_id")
        id = try row.get("id")
        type = try row.get("type")
        model = try row.get("model")
        servedBy = try row.get("served_by")
        engine = try row.get("engine")
        isTest = try row.get("is_test")
        template = try row.getIfPresent("template")
        usage = TokenUsage(prompt: try row.get("prompt_tokens"), completion: try row.get("completion_tokens"))
        finishReason = try row.get("finish_reason")
        cost = try row.getIfPresent("cost_micro")
        attempts = try row.get("attempts")
        metadata = try row.getIfPresent("metadata")
        requestID = try row.get("request_id")
        createdAt = try row.get("created_at")
    }

    func attemptList() throws -> [EngineAttempt] {
        try JSONDecoder().decode([EngineAttempt].self, from: Data(attempts.utf8))
    }

    /// - Returns: how many were deleted.
    static func purge(before moment: Timestamp, limit: Int, in transaction: any Transaction) throws -> Int {
        try transaction.execute(
            """
            DELETE FROM generations WHERE (tenant_id, id) IN \
            (SELECT tenant_id, id FROM generations WHERE created_at < \(moment) ORDER BY created_at LIMIT \(limit))
            """)
    }

    private static func json(_ value: JSONValue) -> String? {
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// As `EngineAttempt` is decoded; written by hand because every text passes here.
    private static func json(_ attempts: [EngineAttempt]) -> String {
        var writer = JSONWriter()
        writer.array(attempts) { writer, attempt in
            writer.object { writer in
                writer.member("engine", attempt.engine)
                writer.member("model", attempt.model)
                if let code = attempt.code { writer.member("code", code.rawValue) }
                if let status = attempt.httpStatus { writer.member("httpStatus", status) }
                if let id = attempt.providerRequestID { writer.member("providerRequestID", id) }
                writer.member("startedAt", attempt.startedAt)
                writer.member("milliseconds", attempt.milliseconds)
            }
        }
        return writer.text
    }
}
