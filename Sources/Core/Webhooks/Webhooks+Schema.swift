package import Database

extension Webhooks {
    /// The tables of this room. `tenant_id` leads every key.
    package static let migrations: [Migration] = [
        Migration(
            "webhooks-001",
            statements: [
                """
                CREATE TABLE webhook_endpoints (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    url TEXT NOT NULL,
                    description TEXT,
                    events TEXT NOT NULL,
                    is_enabled BIGINT NOT NULL,
                    disabled_because TEXT,
                    secret TEXT NOT NULL,
                    former_secret TEXT,
                    former_secret_until BIGINT,
                    failing_since BIGINT,
                    created_at BIGINT NOT NULL,
                    updated_at BIGINT NOT NULL,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                """
                CREATE TABLE webhook_signing_secrets (
                    tenant_id TEXT NOT NULL,
                    secret TEXT NOT NULL,
                    former_secret TEXT,
                    former_secret_until BIGINT,
                    PRIMARY KEY (tenant_id)
                )
                """,
                """
                CREATE TABLE webhook_deliveries (
                    tenant_id TEXT NOT NULL,
                    id TEXT NOT NULL,
                    endpoint_id TEXT,
                    url TEXT NOT NULL,
                    event TEXT NOT NULL,
                    body TEXT NOT NULL,
                    status TEXT NOT NULL,
                    tries BIGINT NOT NULL,
                    attempts TEXT NOT NULL,
                    next_attempt_at BIGINT,
                    created_at BIGINT NOT NULL,
                    completed_at BIGINT,
                    PRIMARY KEY (tenant_id, id)
                )
                """,
                """
                CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (tenant_id, endpoint_id, id)
                """,
                """
                CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (completed_at)
                WHERE completed_at IS NOT NULL
                """,
            ])
    ]
}
