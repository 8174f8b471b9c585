import Database
import DatabaseSQLite
import Foundation
import ProviderDoubles
import TestKit
import Testing
import Vocabulary
import Webhooks

@Suite("Deliveries")
struct DeliveryTests {
    @Test("an event arrives signed, with the body of Standard Webhooks")
    func arrives() async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            let (endpoint, secret) = try await bench.webhooks.createEndpoint(
                acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobCompleted, acme, ["job_id": "job_1"])
                let ended = try await bench.settled(acme, count: 1)
                #expect(ended.first?.status == .delivered)
                #expect(ended.first?.endpoint == endpoint.id)
                #expect(ended.first?.attempts.map(\.status) == [200])
            }
            let delivery = try #require(receiver.deliveries.first)
            #expect(Self.isSigned(delivery, by: [secret]))
            let body = try #require(
                try JSONSerialization.jsonObject(with: Data(delivery.body)) as? [String: Any])
            #expect(body["type"] as? String == "job.completed")
            #expect((body["data"] as? [String: String]) == ["job_id": "job_1"])
            #expect((body["timestamp"] as? String).flatMap { Timestamp($0) } != nil)
        }
    }

    @Test("an event whose transaction is undone is never sent")
    func undone() async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        _ = try await bench.webhooks.createEndpoint(acme, url: "http://127.0.0.1:9/", events: [], description: nil)
        struct Undone: Error {}
        await #expect(throws: Undone.self) {
            try await bench.database.write(as: acme) { [webhooks = bench.webhooks] transaction in
                try webhooks.emit(.jobCompleted, tenant: acme, data: ["a": 1], in: transaction)
                throw Undone()
            }
        }
        #expect(try await bench.deliveries(acme).isEmpty)
    }

    @Test("who subscribes to some events gets those, progress only by name, and other tenants nothing")
    func subscriptions() async throws {
        let bench = try await WebhooksBench()
        let (acme, other) = (try tenant("acme"), try tenant("other"))
        func make(_ tenant: TenantID, _ events: [WebhookEventType]) async throws -> WebhookEndpointID {
            try await bench.webhooks.createEndpoint(
                tenant, url: "http://127.0.0.1:9/", events: events, description: nil
            ).0.id
        }
        let all = try await make(acme, [])
        let progress = try await make(acme, [.jobProgress, .jobFailed])
        _ = try await make(other, [])
        for event in [WebhookEventType.jobCompleted, .jobProgress, .jobFailed] { try await bench.emit(event, acme) }
        let deliveries = try await bench.deliveries(acme)
        #expect(Set(deliveries.filter { $0.endpoint == all }.map(\.event)) == ["job.completed", "job.failed"])
        #expect(Set(deliveries.filter { $0.endpoint == progress }.map(\.event)) == ["job.progress", "job.failed"])
        #expect(try await bench.deliveries(other).isEmpty)
    }

    @Test("a receiver that fails, hangs or resets gets it again, with the same id and a fresh signature")
    func again() async throws {
        let bench = try await WebhooksBench { $0.timeout = .milliseconds(300) }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            receiver.answer(next: .status(500), .hang, .reset, .redirect(to: "http://127.0.0.1:9/"), .status(204))
            let (_, secret) = try await bench.webhooks.createEndpoint(
                acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                let ended = try await bench.settled(acme, count: 1)
                #expect(ended.first?.status == .delivered)
                #expect(
                    ended.first?.attempts.map(\.status) == [500, nil, nil, 307, 204]
                        || ended.first?.attempts.map(\.status) == [500, nil, nil, 302, 204])
            }
            #expect(Set(receiver.deliveries.compactMap { Self.header("webhook-id", $0) }).count == 1)
            #expect(receiver.deliveries.count == 5)
            #expect(receiver.deliveries.allSatisfy { Self.isSigned($0, by: [secret]) })
        }
    }

    @Test("a receiver that is down for a while gets it when it is back")
    func backAgain() async throws {
        let bench = try await WebhooksBench { $0.retries = Array(repeating: .milliseconds(50), count: 20) }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            _ = try await bench.webhooks.createEndpoint(acme, url: receiver.url, events: [], description: nil)
            await receiver.stop()
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                try await eventually("it is tried") {
                    try await bench.deliveries(acme).first.map { $0.attempts.count >= 2 } ?? false
                }
                try await receiver.restart()
                #expect(try await bench.settled(acme, count: 1).first?.status == .delivered)
            }
            #expect(receiver.deliveries.count == 1)
        }
    }

    @Test("at the end of the schedule it has failed, and is sent again on demand with the same id")
    func exhausted() async throws {
        let bench = try await WebhooksBench { $0.retries = [.milliseconds(20), .milliseconds(20)] }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            receiver.answer(next: .status(500), .status(500), .status(500))
            _ = try await bench.webhooks.createEndpoint(acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                let failed = try #require(try await bench.settled(acme, count: 1).first)
                #expect(failed.status == .failed && failed.attempts.count == 3)
                let again = try await bench.webhooks.redeliver(acme, failed.id)
                #expect(again.status == .pending)
                try await eventually("it is delivered") {
                    try await bench.webhooks.delivery(acme, failed.id).status == .delivered
                }
                let other = try tenant("other")
                await #expect(throws: WebhookError.self) { try await bench.webhooks.redeliver(other, failed.id) }
            }
            #expect(Set(receiver.deliveries.compactMap { Self.header("webhook-id", $0) }).count == 1)
        }
    }

    @Test("410 switches the endpoint off; switched on again it hears of new events")
    func gone() async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            receiver.answer(next: .status(410))
            let (endpoint, _) = try await bench.webhooks.createEndpoint(
                acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                #expect(try await bench.settled(acme, count: 1).first?.status == .failed)
                let off = try await bench.webhooks.endpoint(acme, endpoint.id)
                #expect(!off.isEnabled && off.disabledBecause != nil)
                try await bench.emit(.jobFailed, acme)
                #expect(try await bench.deliveries(acme).count == 1)
                await #expect(throws: WebhookError.endpointDisabled(endpoint.id.text)) {
                    try await bench.webhooks.sendTest(acme, endpoint.id)
                }
                let on = try await bench.webhooks.updateEndpoint(
                    acme, endpoint.id, url: nil, events: nil, description: nil, isEnabled: true)
                #expect(on.isEnabled && on.disabledBecause == nil)
                _ = try await bench.webhooks.sendTest(acme, endpoint.id)
                #expect(try await bench.settled(acme, count: 2).first?.status == .delivered)
            }
        }
    }

    @Test("an endpoint to which nothing could be delivered for too long is switched off")
    func hopeless() async throws {
        let clock = TestClock()
        let bench = try await WebhooksBench(clock: clock) {
            $0.retries = [.milliseconds(1)]
            $0.disableAfter = .seconds(3600)
        }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            receiver.answer(always: .status(500))
            let (endpoint, _) = try await bench.webhooks.createEndpoint(
                acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                for round in 1...2 {
                    try await bench.emit(.jobFailed, acme)
                    try await eventually("round \(round) ends") {
                        clock.advance(by: .milliseconds(50))
                        return try await bench.deliveries(acme).filter { $0.status == .failed }.count == round
                    }
                    #expect(try await bench.webhooks.endpoint(acme, endpoint.id).isEnabled == (round == 1))
                    clock.advance(by: .seconds(3600))
                }
            }
        }
    }

    @Test("after a rotation both secrets sign, until the overlap is over")
    func rotation() async throws {
        let clock = TestClock()
        let bench = try await WebhooksBench(clock: clock) { $0.rotationOverlap = .seconds(100) }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            let (endpoint, first) = try await bench.webhooks.createEndpoint(
                acme, url: receiver.url, events: [], description: nil)
            let second = try await bench.webhooks.rotate(acme, endpoint.id)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                _ = try await bench.settled(acme, count: 1)
                clock.advance(by: .seconds(101))
                try await bench.emit(.jobFailed, acme)
                _ = try await bench.settled(acme, count: 2)
            }
            let now = clock.now
            let early = Timestamp(seconds: now.seconds - 101)
            #expect(Self.isSigned(receiver.deliveries[0], by: [first], at: early))
            #expect(Self.isSigned(receiver.deliveries[0], by: [second], at: early))
            #expect(!Self.isSigned(receiver.deliveries[1], by: [first], at: now))
            #expect(Self.isSigned(receiver.deliveries[1], by: [second], at: now))
        }
    }

    @Test("an address named in a request gets the bare body, signed with the tenant's own secret")
    func perRequest() async throws {
        let bench = try await WebhooksBench()
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            try await bench.working {
                try await bench.database.write(as: acme) { [webhooks = bench.webhooks] transaction in
                    try webhooks.send(
                        ["job_id": "job_1"], event: .jobCompleted, to: receiver.url, tenant: acme, in: transaction)
                }
                _ = try await bench.settled(acme, count: 1)
            }
            let delivery = try #require(receiver.deliveries.first)
            #expect(delivery.text == #"{"job_id":"job_1"}"#)
            #expect(Self.isSigned(delivery, by: [try await bench.webhooks.signingSecret(acme)]))
            let former = try await bench.webhooks.signingSecret(acme)
            #expect(try await bench.webhooks.rotateSigningSecret(acme).reveal() != former.reveal())
        }
    }

    @Test("an address that isn't public is never called")
    func guarded() async throws {
        let bench = try await WebhooksBench(allow: "") { $0.retries = [] }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            _ = try await bench.webhooks.createEndpoint(acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                let ended = try await bench.settled(acme, count: 1)
                #expect(ended.first?.status == .failed)
                #expect(ended.first?.attempts.first?.error == "the address may not be called")
            }
            #expect(receiver.deliveries.isEmpty)
        }
    }

    @Test("a slow receiver holds no more workers than it may, and others aren't delayed")
    func concurrency() async throws {
        let bench = try await WebhooksBench {
            $0.concurrency = 2
            $0.timeout = .seconds(5)
        }
        let (slow, quick) = (try tenant("slow"), try tenant("quick"))
        try await withWebhookReceiver { hanging in
            hanging.answer(always: .hang)
            try await withWebhookReceiver { receiver in
                _ = try await bench.webhooks.createEndpoint(slow, url: hanging.url, events: [], description: nil)
                _ = try await bench.webhooks.createEndpoint(quick, url: receiver.url, events: [], description: nil)
                try await bench.working {
                    for _ in 0..<70 { try await bench.emit(.jobFailed, slow) }
                    try await eventually("two hang") { hanging.deliveries.count == 2 }
                    try await bench.emit(.jobFailed, quick)
                    #expect(try await bench.settled(quick, count: 1).first?.status == .delivered)
                    #expect(hanging.deliveries.count == 2)
                    hanging.answer(always: .status(200))
                }
            }
        }
    }

    // MARK: What arrived

    private static func header(_ name: String, _ request: HTTPDouble.Request) -> String? {
        request.headers.first { $0.name.lowercased() == name }?.value
    }

    private static func isSigned(_ request: HTTPDouble.Request, by secrets: [Secret], at now: Timestamp = .system())
        -> Bool
    {
        StandardWebhookSignature.verify(
            id: header("webhook-id", request) ?? "", timestamp: header("webhook-timestamp", request) ?? "",
            signatures: header("webhook-signature", request) ?? "", body: request.body, secrets: secrets, now: now)
    }
}
