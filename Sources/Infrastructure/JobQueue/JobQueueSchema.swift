package import Database

extension JobQueue {
    /// The tables of the queue.
    ///
    /// Every index but the two over all rows is partial, so what claims, wakes and rescues walk holds only rows in that
    /// state: its depth depends neither on the history nor on what the others hold.
    package static let migrations: [Migration] = [
        Migration("job-queue-001") { dialect in tables + indexes + [clock] + tuning(dialect) }
    ]

    private static let tables: [SQL] = [
        """
        CREATE TABLE jobs (
            tenant_id TEXT NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL,
            priority BIGINT NOT NULL,
            virtual_start BIGINT NOT NULL,
            run_at BIGINT NOT NULL,
            attempt BIGINT NOT NULL,
            maximum_attempts BIGINT NOT NULL,
            fence BIGINT NOT NULL,
            woken BIGINT NOT NULL,
            lease_until BIGINT,
            worker TEXT,
            unique_key TEXT,
            reason TEXT,
            created_at BIGINT NOT NULL,
            finished_at BIGINT,
            payload TEXT NOT NULL,
            PRIMARY KEY (tenant_id, id)
        )
        """,
        """
        CREATE TABLE job_shares (
            tenant_id TEXT NOT NULL,
            priority BIGINT NOT NULL,
            flow BIGINT NOT NULL,
            last_finish BIGINT NOT NULL,
            PRIMARY KEY (tenant_id, priority, flow)
        )
        """,
        "CREATE TABLE job_weights (tenant_id TEXT PRIMARY KEY, weight BIGINT NOT NULL)",
        "CREATE TABLE job_clock (priority BIGINT PRIMARY KEY, virtual_now BIGINT NOT NULL)",
        "CREATE TABLE job_slots (name TEXT PRIMARY KEY, slot BIGINT NOT NULL)",
    ]

    private static let indexes: [SQL] = [
        "CREATE UNIQUE INDEX jobs_id ON jobs (id)",
        // The last columns of these two let claims choose, and counts count, without reading the rows.
        """
        CREATE INDEX jobs_ready ON jobs (kind, priority, virtual_start, id, tenant_id, state) WHERE state = 'ready'
        """,
        "CREATE INDEX jobs_sleeping ON jobs (run_at, kind, state) WHERE state = 'sleeping'",
        "CREATE INDEX jobs_running ON jobs (lease_until) WHERE state = 'running'",
        "CREATE INDEX jobs_failed ON jobs (id) WHERE state = 'failed'",
        "CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL",
        """
        CREATE UNIQUE INDEX jobs_unique ON jobs (tenant_id, unique_key)
        WHERE unique_key IS NOT NULL AND finished_at IS NULL
        """,
    ]

    /// A clock for each priority, since the order between priorities is strict.
    private static let clock: SQL = """
        INSERT INTO job_clock (priority, virtual_now)
        VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0)
        """

    /// Dead entries at the head of the ready index slow claims down until they are vacuumed.
    private static func tuning(_ dialect: Dialect) -> [SQL] {
        switch dialect {
        case .sqlite: []
        case .postgres:
            [
                """
                ALTER TABLE jobs SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01,
                autovacuum_vacuum_cost_delay = 0)
                """,
                "ALTER TABLE job_clock SET (fillfactor = 50, autovacuum_vacuum_threshold = 500)",
                "ALTER TABLE job_shares SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)",
            ]
        }
    }
}
