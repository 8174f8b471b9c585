import Database
import JobQueue
import ProviderDoubles
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary

@testable import Webhooks

@Suite("Slow receivers")
struct SlowReceiverTests {
    @Test("a tenant whose receivers hang holds half of the workers for deliveries, and another's arrive")
    func perTenant() async throws {
        let bench = try await WebhooksBench {
            $0.workers = 6
            $0.timeout = .seconds(60)
            $0.retries = []
        }
        let (slow, quick) = (try tenant("slow"), try tenant("quick"))
        try await withWebhookReceiver { first in
            try await withWebhookReceiver { second in
                for hanging in [first, second] {
                    hanging.answer(always: .hang)
                    _ = try await bench.webhooks.createEndpoint(slow, url: hanging.url, events: [], description: nil)
                }
                try await withWebhookReceiver { receiver in
                    _ = try await bench.webhooks.createEndpoint(quick, url: receiver.url, events: [], description: nil)
                    try await bench.working {
                        for _ in 0..<10 { try await bench.emit(.jobFailed, slow) }
                        try await eventually("three hang") { first.deliveries.count + second.deliveries.count == 3 }
                        for _ in 0..<5 { try await bench.emit(.jobFailed, quick) }
                        let ended = try await bench.settled(quick, count: 5)
                        #expect(ended.allSatisfy { $0.status == .delivered })
                        #expect(first.deliveries.count + second.deliveries.count == 3)
                        for hanging in [first, second] { await hanging.stop() }
                    }
                }
            }
        }
    }

    @Test("what waits for a receiver that hangs doesn't go round through the queue")
    func noSpin() async throws {
        let bench = try await WebhooksBench {
            $0.concurrency = 2
            $0.timeout = .seconds(60)
            $0.retries = []
        }
        let acme = try tenant("acme")
        let waiting = 400
        try await withWebhookReceiver { hanging in
            hanging.answer(always: .hang)
            _ = try await bench.webhooks.createEndpoint(acme, url: hanging.url, events: [], description: nil)
            try await bench.working {
                try await bench.database.write(as: acme) { [webhooks = bench.webhooks] transaction in
                    for number in 0..<waiting {
                        try webhooks.emit(.jobFailed, tenant: acme, data: ["n": number], in: transaction)
                    }
                }
                try await eventually("all have asked for their turn") {
                    let counts = try await bench.queue.counts()
                    return counts.allSatisfy { $0.state != .ready } && hanging.deliveries.count == 2
                }
                let (reads, writes) = (bench.database.reads, bench.database.writes)
                try await Task.sleep(for: .seconds(2))
                // A return is a claim, a snooze and the claim after that; the heartbeat writes once in two seconds.
                #expect(bench.database.writes - writes < 80, "writes while nothing could be sent")
                #expect(bench.database.reads - reads < 20, "reads while nothing could be sent")
                #expect(hanging.deliveries.count == 2)
                await hanging.stop()
            }
        }
    }

    @Test("every one of a burst arrives at a receiver that takes few at a time")
    func burst() async throws {
        let bench = try await WebhooksBench { $0.concurrency = 2 }
        let acme = try tenant("acme")
        try await withWebhookReceiver { receiver in
            receiver.answer(always: .slow(.milliseconds(5), status: 200))
            _ = try await bench.webhooks.createEndpoint(acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                for _ in 0..<40 { try await bench.emit(.jobFailed, acme) }
                let ended = try await bench.settled(acme, count: 40)
                #expect(ended.allSatisfy { $0.status == .delivered && $0.attempts.count == 1 })
            }
            #expect(receiver.deliveries.count == 40)
        }
    }

    @Test("deliveries have the priority of renders, half of the workers at most, and as many as is set")
    func workers() async throws {
        let bench = try await WebhooksBench()
        #expect(bench.webhooks.caps == [Webhooks.deliver: 16])
        let greedy = try await WebhooksBench { $0.workers = 500 }
        #expect(greedy.webhooks.caps == [Webhooks.deliver: 32])
        let acme = try tenant("acme")
        _ = try await bench.webhooks.createEndpoint(acme, url: "http://127.0.0.1:9/", events: [], description: nil)
        try await bench.emit(.jobFailed, acme)
        let queued = try #require(try await bench.queue.list().items.first)
        #expect(queued.priority == NewJob(Webhooks.deliver, tenant: acme).priority)
    }

    @Test("a wait that a receiver asks for doesn't go past the end of the schedule")
    func retryAfter() async throws {
        let bench = try await WebhooksBench { $0.retries = [.seconds(100), .seconds(200)] }
        let acme = try tenant("acme")
        #expect(abs((bench.webhooks.longestSchedule - .seconds(360 + 45)).wholeMicroseconds) < 1_000)
        #expect(abs((WebhookLimits().longestSchedule - .seconds(119_166 + 120)).wholeMicroseconds) < 1_000)
        try await withWebhookReceiver { receiver in
            receiver.answer(always: .status(503, retryAfter: 86_400))
            _ = try await bench.webhooks.createEndpoint(acme, url: receiver.url, events: [], description: nil)
            try await bench.working {
                try await bench.emit(.jobFailed, acme)
                try await eventually("it is tried") {
                    try await bench.deliveries(acme).first?.attempts.count == 1
                }
            }
            let delivery = try #require(try await bench.deliveries(acme).first)
            let end = delivery.createdAt + bench.webhooks.longestSchedule
            #expect(delivery.status == .pending && delivery.nextAttemptAt == end)
        }
    }

    @Test("the limits have settings")
    func settings() throws {
        let reader = SettingsReader(
            .values(["ATELIER_WEBHOOK_WORKERS": "5", "ATELIER_WEBHOOK_LONGEST_WAIT": "7s"]))
        let limits = WebhookLimits(reading: reader)
        try reader.finish()
        #expect(limits.workers == 5 && limits.longestWait == .seconds(7))
        let none = WebhookLimits(reading: SettingsReader(.empty))
        #expect(none.workers == 16 && none.longestWait == .seconds(300))
    }

    @Test(
        "an address is one, however the URL is written",
        arguments: [
            ("https://Example.COM/a", "example.com:443"), ("https://example.com:443/b?c", "example.com:443"),
            ("https://example.com./", "example.com:443"), ("http://example.com", "example.com:80"),
            ("http://example.com:8080/", "example.com:8080"), ("https://example.com:80/", "example.com:80"),
        ])
    func address(url: String, address: String) { #expect(WebhookURL.address(url) == address) }
}

@Suite("The lanes of the gate")
struct DeliveryLanesTests {
    private struct Refused: Error {}

    private static let start = Timestamp(seconds: 1_000_000)

    private static func lanes(address: Int = 2, tenant: Int = 3) -> DeliveryLanes {
        DeliveryLanes(limits: .init(perAddress: address, perTenant: tenant, longestWait: .seconds(100)))
    }

    private static func enter(
        _ lanes: inout DeliveryLanes, _ name: String, _ address: String, at now: Timestamp = start
    ) throws -> DeliveryLanes.Entry {
        lanes.enter(try tenant(name), address, at: now, fraction: 0)
    }

    private static func pass(_ entry: DeliveryLanes.Entry) throws -> DeliveryLanes.Pass {
        guard case .entered(let pass) = entry else { throw Refused() }
        return pass
    }

    @Test("so many to an address, so many of a tenant; who leaves makes room")
    func limits() throws {
        var lanes = Self.lanes()
        let first = try Self.pass(try Self.enter(&lanes, "acme", "a"))
        _ = try Self.pass(try Self.enter(&lanes, "acme", "a"))
        #expect(try Self.enter(&lanes, "bolt", "a") == .refused(until: Self.start + .milliseconds(500)))
        _ = try Self.pass(try Self.enter(&lanes, "acme", "b"))
        #expect(throws: Refused.self) { try Self.pass(try Self.enter(&lanes, "acme", "c")) }
        _ = try Self.pass(try Self.enter(&lanes, "bolt", "c"))
        lanes.leave(first, at: Self.start)
        _ = try Self.pass(try Self.enter(&lanes, "bolt", "a"))
        #expect(throws: Refused.self) { try Self.pass(try Self.enter(&lanes, "acme", "a")) }
    }

    @Test("who waits comes back at the rate at which the receiver takes calls, each tenant in a line of its own")
    func appointments() throws {
        var lanes = Self.lanes(tenant: 9)
        let first = try Self.pass(try Self.enter(&lanes, "acme", "a"))
        _ = try Self.pass(try Self.enter(&lanes, "acme", "a"))
        let later = Self.start + .seconds(10)
        lanes.leave(first, at: later)
        _ = try Self.pass(try Self.enter(&lanes, "acme", "a", at: later))
        for turn in 1...20 {
            #expect(
                try Self.enter(&lanes, "acme", "a", at: later) == .refused(until: later + .seconds(5) * turn))
        }
        // The line is as long as it may be.
        for _ in 1...5 {
            #expect(try Self.enter(&lanes, "acme", "a", at: later) == .refused(until: later + .seconds(50)))
        }
        #expect(try Self.enter(&lanes, "bolt", "a", at: later) == .refused(until: later + .seconds(5)))
        // It shortens with time.
        let muchLater = later + .seconds(60)
        #expect(try Self.enter(&lanes, "acme", "a", at: muchLater) == .refused(until: muchLater + .seconds(45)))
    }

    @Test("nobody comes back at once, and idle lanes are forgotten")
    func memory() throws {
        var lanes = Self.lanes(address: 1)
        lanes.leave(try Self.pass(try Self.enter(&lanes, "acme", "a")), at: Self.start)
        let held = try Self.pass(try Self.enter(&lanes, "acme", "a"))
        #expect(
            try Self.enter(&lanes, "acme", "a") == .refused(until: Self.start + DeliveryLanes.shortestWait))
        for number in 0..<DeliveryLanes.rememberedLanes {
            lanes.leave(try Self.pass(try Self.enter(&lanes, "acme", "host-\(number)")), at: Self.start)
        }
        #expect(lanes.count < 10)
        #expect(throws: Refused.self) { try Self.pass(try Self.enter(&lanes, "acme", "a")) }
        lanes.leave(held, at: Self.start)
        _ = try Self.pass(try Self.enter(&lanes, "acme", "a"))
    }
}
