package import Database

extension ContentService {
    /// The tables of this room. `tenant_id` leads every key.
    package static let migrations: [Migration] = [
        Migration(
            "content-001",
            statements: [
                """
                CREATE TABLE content_jobs (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    type TEXT NOT NULL,
                    status TEXT NOT NULL,
                    phase TEXT NOT NULL,
                    progress BIGINT NOT NULL DEFAULT 0,
                    model TEXT NOT NULL,
                    served_by TEXT,
                    engine TEXT,
                    is_test BIGINT NOT NULL DEFAULT 0,
                    request TEXT NOT NULL,
                    ticket TEXT,
                    submissions BIGINT NOT NULL DEFAULT 0,
                    fetches BIGINT NOT NULL DEFAULT 0,
                    events BIGINT NOT NULL DEFAULT 0,
                    attempts TEXT NOT NULL DEFAULT '[]',
                    duration_seconds BIGINT,
                    message TEXT,
                    estimated_seconds BIGINT,
                    asset_id TEXT,
                    failure TEXT,
                    waiting_because TEXT,
                    cost_micro BIGINT,
                    webhook_url TEXT,
                    request_id TEXT NOT NULL,
                    traceparent TEXT,
                    deadline_at BIGINT,
                    created_at BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    completed_at BIGINT,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                """
                CREATE INDEX content_jobs_by_status ON content_jobs (tenant_id, status, id)
                """,
                """
                CREATE INDEX content_jobs_unfinished ON content_jobs (updated_at)
                WHERE status IN ('pending', 'processing')
                """,
                """
                CREATE TABLE content_open_jobs (
                    tenant_id TEXT NOT NULL,
                    open BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id)
                )
                """,
                """
                CREATE INDEX content_jobs_ended ON content_jobs (completed_at) WHERE completed_at IS NOT NULL
                """,
                """
                CREATE TABLE content_job_events (
                    tenant_id TEXT NOT NULL,
                    job_id TEXT NOT NULL,
                    sequence BIGINT NOT NULL,
                    status TEXT NOT NULL,
                    phase TEXT NOT NULL,
                    progress BIGINT NOT NULL,
                    at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, job_id, sequence)
                )
                """,
                """
                CREATE TABLE assets (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    storage_path TEXT NOT NULL,
                    content_type TEXT NOT NULL,
                    size BIGINT NOT NULL,
                    sha256 TEXT NOT NULL,
                    width BIGINT,
                    height BIGINT,
                    duration_seconds DOUBLE PRECISION,
                    model TEXT NOT NULL,
                    engine TEXT NOT NULL,
                    job_id TEXT,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                """
                CREATE TABLE generations (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    type TEXT NOT NULL,
                    model TEXT NOT NULL,
                    served_by TEXT NOT NULL,
                    engine TEXT NOT NULL,
                    is_test BIGINT NOT NULL,
                    template TEXT,
                    prompt_tokens BIGINT NOT NULL,
                    completion_tokens BIGINT NOT NULL,
                    finish_reason TEXT NOT NULL,
                    cost_micro BIGINT,
                    attempts TEXT NOT NULL,
                    metadata TEXT,
                    request_id TEXT NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                """
                CREATE INDEX generations_by_age ON generations (created_at)
                """,
            ])
    ]
}
