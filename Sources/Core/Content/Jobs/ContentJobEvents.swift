import Database
package import Vocabulary

extension ContentService {
    /// The events of a job, those that were and those that come, until it ends.
    /// - Parameter sequence: only those after it; 0 for all.
    /// - Throws: `ContentError.jobNotFound`.
    package func events(
        _ tenant: TenantID, _ id: ContentJobID, after sequence: Int
    ) async throws -> AsyncThrowingStream<ContentJobEvent, any Error> {
        _ = try await job(tenant, id)
        let feed = JobEventFeed(service: self, tenant: tenant, id: id, last: sequence)
        return AsyncThrowingStream { try await feed.next() }
    }
}

/// Reads a job's events on, woken by notifications and, as a backstop, by time.
private actor JobEventFeed {
    private static let backstop = Duration.seconds(5)
    /// Many events at once are read at once.
    private static let breath = Duration.milliseconds(50)

    private let service: ContentService
    private let tenant: TenantID
    private let id: ContentJobID
    private var last: Int
    private var waiting: [ContentJobEvent] = []
    private var hasEnded = false

    init(service: ContentService, tenant: TenantID, id: ContentJobID, last: Int) {
        self.service = service
        self.tenant = tenant
        self.id = id
        self.last = last
    }

    func next() async throws -> ContentJobEvent? {
        while true {
            if !waiting.isEmpty { return waiting.removeFirst() }
            if hasEnded { return nil }
            // Listening begins before the reading, so that nothing falls between the two.
            let wakes = service.database.notifications(on: ContentJobStore.channel(id))
            try await read()
            if waiting.isEmpty, !hasEnded { try await sleep(until: wakes) }
        }
    }

    private func read() async throws {
        let (last, tenant, id) = (last, tenant, id)
        let (events, ended) = try await service.database.read(as: tenant) { [store = service.jobStore] transaction in
            let state = try store.find(tenant, id, in: transaction)
            return (try store.events(tenant, id, after: last, in: transaction), state?.job.status.isFinal ?? true)
        }
        waiting = events
        self.last = events.last?.sequence ?? last
        // What ended may have more events than were read at once.
        hasEnded = ended && events.count < ContentJobStore.eventsAtOnce
    }

    private func sleep(until wakes: AsyncStream<Void>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in wakes { return } }
            group.addTask { try await Task.sleep(for: Self.backstop) }
            try await group.next()
            group.cancelAll()
        }
        try await Task.sleep(for: Self.breath)
    }
}
