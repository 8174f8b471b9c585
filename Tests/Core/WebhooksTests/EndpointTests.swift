import Database
import DatabaseSQLite
import JobQueue
import ProviderDoubles
import Settings
import TestKit
import Testing
import Vocabulary
import Webhooks

@Suite("Endpoints")
struct EndpointTests {
    @Test(
        "a URL that can't be called is refused",
        arguments: [
            "", "not a url", "ftp://example.com/", "https://", "https://user@example.com/", "https://u:p@example.com/",
            "https://example.com/" + String(repeating: "a", count: 2048),
        ])
    func badURL(url: String) async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        await #expect(throws: WebhookError.self) {
            try await bench.webhooks.createEndpoint(acme, url: url, events: [], description: nil)
        }
        #expect(!bench.webhooks.isAcceptable(url))
    }

    @Test("a tenant has no more endpoints than it may")
    func limit() async throws {
        let bench = try await WebhooksBench { $0.endpoints = 2 }
        let acme = try tenant("acme")
        for _ in 0..<2 {
            _ = try await bench.webhooks.createEndpoint(acme, url: "https://example.com/", events: [], description: nil)
        }
        await #expect(throws: WebhookError.tooManyEndpoints(limit: 2)) {
            try await bench.webhooks.createEndpoint(acme, url: "https://example.com/", events: [], description: nil)
        }
    }

    @Test("a repeat under the same suffix gives the same endpoint a new secret, which alone signs")
    func repeated() async throws {
        let bench = try await WebhooksBench { $0.endpoints = 1 }
        let acme = try tenant("acme")
        let suffix = "01h455vb4pex5vsknk084sn02q"
        try await withWebhookReceiver { receiver in
            func create(_ owner: TenantID) async throws -> (WebhookEndpoint, Secret) {
                try await bench.webhooks.createEndpoint(
                    owner, url: receiver.url, events: [], description: nil, suffix: suffix)
            }
            let (first, lost) = try await create(acme)
            let (again, secret) = try await create(acme)
            #expect(first.id.text == "whe_" + suffix && again.id == first.id && again.url == first.url)
            #expect(lost.reveal() != secret.reveal())
            #expect(try await bench.webhooks.endpoints(acme, PageRequest()).items.map(\.id) == [first.id])
            _ = try await create(tenant("other"))
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                _ = try await bench.settled(acme, count: 1)
            }
            let delivery = try #require(receiver.deliveries.first)
            func isSigned(by secret: Secret) -> Bool {
                StandardWebhookSignature.verify(
                    id: delivery.header("webhook-id") ?? "", timestamp: delivery.header("webhook-timestamp") ?? "",
                    signatures: delivery.header("webhook-signature") ?? "", body: delivery.body, secrets: [secret],
                    now: .system())
            }
            #expect(isSigned(by: secret) && !isSigned(by: lost))
        }
    }

    @Test("endpoints are changed, listed and deleted by their tenant alone")
    func lifecycle() async throws {
        let bench = try await WebhooksBench()
        let (acme, other) = (try tenant("acme"), try tenant("other"))
        let (endpoint, _) = try await bench.webhooks.createEndpoint(
            acme, url: "https://example.com/a", events: [.jobFailed], description: "first")
        let changed = try await bench.webhooks.updateEndpoint(
            acme, endpoint.id, url: "https://example.com/b", events: [], description: nil, isEnabled: false)
        #expect(changed.url == "https://example.com/b" && changed.events.isEmpty)
        #expect(changed.description == "first" && !changed.isEnabled)
        #expect(try await bench.webhooks.endpoints(acme, PageRequest()).items == [changed])
        #expect(try await bench.webhooks.endpoints(other, PageRequest()).items.isEmpty)
        let missing = WebhookError.endpointNotFound(endpoint.id.text)
        await #expect(throws: missing) { try await bench.webhooks.endpoint(other, endpoint.id) }
        await #expect(throws: missing) { try await bench.webhooks.deleteEndpoint(other, endpoint.id) }
        await #expect(throws: missing) { try await bench.webhooks.rotate(other, endpoint.id) }
        await #expect(throws: missing) { try await bench.webhooks.sendTest(other, endpoint.id) }
        try await bench.webhooks.deleteEndpoint(acme, endpoint.id)
        await #expect(throws: missing) { try await bench.webhooks.endpoint(acme, endpoint.id) }
    }

    @Test("no secret stands in the database as it is")
    func sealed() async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        let (_, secret) = try await bench.webhooks.createEndpoint(
            acme, url: "https://example.com/", events: [], description: nil)
        let own = try await bench.webhooks.signingSecret(acme)
        let stored = try await bench.database.read(as: .system) { transaction in
            try transaction.query(
                "SELECT secret FROM webhook_endpoints UNION ALL SELECT secret FROM webhook_signing_secrets"
            )
            .map { try $0.get("secret", as: String.self) }
        }
        #expect(stored.count == 2)
        for plain in [secret, own] {
            #expect(!stored.contains { $0.contains(plain.reveal().dropFirst(6)) })
        }
    }

    @Test("ended deliveries are deleted once they are old enough")
    func retention() async throws {
        let clock = TestClock()
        let bench = try await WebhooksBench(clock: clock) {
            $0.retention = .seconds(60)
            $0.retries = []
        }
        let acme = try tenant("acme")
        _ = try await bench.webhooks.createEndpoint(acme, url: "http://127.0.0.1:9/", events: [], description: nil)
        try await bench.working {
            try await bench.emit(.jobFailed, acme)
            _ = try await bench.settled(acme, count: 1)
            clock.advance(by: .seconds(61))
            try await bench.database.write(as: .system) { [queue = bench.queue] transaction in
                _ = try queue.enqueue(.init(.init("webhooks.purge"), tenant: nil), in: transaction)
            }
            try await eventually("it is deleted") { try await bench.deliveries(acme).isEmpty }
        }
    }

    @Test("each limit has a setting that is read, and refuses what is out of range")
    func everySetting() throws {
        let given = [
            "ATELIER_WEBHOOK_TIMEOUT": "11s", "ATELIER_WEBHOOK_WORKERS": "12", "ATELIER_WEBHOOK_CONCURRENCY": "13",
            "ATELIER_WEBHOOK_LONGEST_WAIT": "14s", "ATELIER_WEBHOOK_ENDPOINTS": "15", "ATELIER_WEBHOOK_ROTATION": "16s",
            "ATELIER_WEBHOOK_DISABLE_AFTER": "70s", "ATELIER_WEBHOOK_RETENTION": "80s", "ATELIER_WEBHOOK_RETRIES": "1s",
        ]
        let reader = SettingsReader(.values(given))
        let limits = WebhookLimits(reading: reader)
        try reader.finish()
        #expect(limits.timeout == .seconds(11) && limits.workers == 12 && limits.concurrency == 13)
        #expect(limits.longestWait == .seconds(14) && limits.endpoints == 15)
        #expect(limits.rotationOverlap == .seconds(16) && limits.disableAfter == .seconds(70))
        #expect(limits.retention == .seconds(80) && limits.retries == [.seconds(1)])
        #expect(Set(reader.declared.map(\.name)) == Set(given.keys))
        let wrong = SettingsReader(.values(given.mapValues { _ in "99999999999d" }))
        _ = WebhookLimits(reading: wrong)
        // Any duration may stand in the schedule.
        #expect(wrong.faults.count == given.count - 1)
    }

    @Test("the schedule of retries is a setting that refuses nonsense")
    func settings() throws {
        let limits = WebhookLimits(reading: SettingsReader(.values(["ATELIER_WEBHOOK_RETRIES": "1s, 2m"])))
        #expect(limits.retries == [.seconds(1), .seconds(120)])
        #expect(WebhookLimits(reading: SettingsReader(.empty)).retries.count == 7)
        for wrong in ["soon", "1s,,2s,x", Array(repeating: "1s", count: 21).joined(separator: ",")] {
            let reader = SettingsReader(.values(["ATELIER_WEBHOOK_RETRIES": wrong]))
            _ = WebhookLimits(reading: reader)
            #expect(throws: SettingsError.self) { try reader.finish() }
        }
    }
}
