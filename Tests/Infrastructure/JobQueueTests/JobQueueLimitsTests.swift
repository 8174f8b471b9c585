import JobQueue
import Settings
import Testing

@Suite("The limits of the queue")
struct JobQueueLimitsTests {
    @Test("without settings the defaults hold") func defaults() throws {
        let reader = SettingsReader(.empty)
        #expect(JobQueueLimits(reading: reader) == JobQueueLimits())
        try reader.finish()
        #expect(reader.declared.count == 15)
        #expect(reader.declared.allSatisfy { $0.name.hasPrefix("ATELIER_QUEUE_") && !$0.summary.isEmpty })
    }

    @Test("every limit has a setting") func settings() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_QUEUE_WORKERS": "7", "ATELIER_QUEUE_LEASE": "30s", "ATELIER_QUEUE_HEARTBEAT": "3s",
                "ATELIER_QUEUE_RESCUE_EVERY": "4s", "ATELIER_QUEUE_POLL_BACKSTOP": "9s",
                "ATELIER_QUEUE_CLAIM_BATCH": "8",
                "ATELIER_QUEUE_MAXIMUM_ATTEMPTS": "3", "ATELIER_QUEUE_BACKOFF_FIRST": "2s",
                "ATELIER_QUEUE_BACKOFF_MOST": "5m", "ATELIER_QUEUE_PAYLOAD_LIMIT": "64KiB",
                "ATELIER_QUEUE_RETENTION": "2h", "ATELIER_QUEUE_RETENTION_EVERY": "30s",
                "ATELIER_QUEUE_RETENTION_BATCH": "50", "ATELIER_QUEUE_PROMOTE_BATCH": "60", "ATELIER_QUEUE_GRACE": "1s",
            ]))
        let limits = JobQueueLimits(reading: reader)
        try reader.finish()
        var expected = JobQueueLimits()
        expected.workers = 7
        expected.lease = .seconds(30)
        expected.heartbeat = .seconds(3)
        expected.rescueEvery = .seconds(4)
        expected.pollBackstop = .seconds(9)
        expected.claimBatch = 8
        expected.maximumAttempts = 3
        expected.backoffFirst = .seconds(2)
        expected.backoffMost = .seconds(300)
        expected.payloadLimit = 64 << 10
        expected.retention = .seconds(7200)
        expected.retentionEvery = .seconds(30)
        expected.retentionBatch = 50
        expected.promoteBatch = 60
        expected.grace = .seconds(1)
        #expect(limits == expected)
    }

    @Test("a heartbeat that is too slow for the lease is refused") func heartbeat() {
        let reader = SettingsReader(.values(["ATELIER_QUEUE_LEASE": "3s", "ATELIER_QUEUE_HEARTBEAT": "2s"]))
        _ = JobQueueLimits(reading: reader)
        #expect(reader.faults.map(\.name) == ["ATELIER_QUEUE_HEARTBEAT"])
    }
}
