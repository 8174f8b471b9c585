import Database
import Engines
import FoundationEssentials
import JobQueue
package import Vocabulary
import Webhooks

// What a tenant can do with its jobs.
extension ContentService {
    /// - Throws: `ContentError.jobNotFound`.
    package func job(_ tenant: TenantID, _ id: ContentJobID) async throws -> ContentJob {
        let found = try await database.read(as: tenant) { [jobStore] in try jobStore.find(tenant, id, in: $0) }
        guard let found else { throw ContentError.jobNotFound(id.text) }
        return found.job
    }

    /// Newest first.
    package func jobs(_ tenant: TenantID, _ filter: ContentJobFilter, _ page: PageRequest) async throws -> Page<
        ContentJob
    > {
        try await database.read(as: tenant) { [jobStore] in try jobStore.list(tenant, filter, page, in: $0) }
    }

    /// Ends a job that hasn't ended, and has the provider told. Cancelling what is cancelled is no error.
    /// - Throws: `ContentError.jobNotFound`, `.jobState` when it has completed or failed.
    package func cancel(_ tenant: TenantID, _ id: ContentJobID) async throws -> ContentJob {
        try await change(tenant, id) { [self] state, now, transaction in
            switch state.job.status {
            case .canceled: return
            case .completed, .failed:
                throw ContentError.jobState(
                    id, status: state.job.status, detail: "only a pending or processing job can be canceled")
            case .pending, .processing: break
            }
            _ = state.end(.canceled, at: now)
            try queue.cancel(uniqueKey: id.text, tenant: tenant, in: transaction)
            if let ticket = state.ticket { try enqueueCancellation(ticket, tenant, in: transaction) }
        }
    }

    /// Begins a failed or cancelled job anew, with a new deadline.
    /// - Throws: `ContentError.jobNotFound`, `.jobState`.
    package func retry(_ tenant: TenantID, _ id: ContentJobID) async throws -> ContentJob {
        try await change(tenant, id) { [self] state, now, transaction in
            guard [.failed, .canceled].contains(state.job.status) else {
                throw ContentError.jobState(
                    id, status: state.job.status, detail: "only a failed or canceled job can be retried")
            }
            try restart(&state, at: now, in: transaction)
        }
    }

    /// A person's decision about a job whose create had no answer.
    /// - Throws: `ContentError.jobNotFound`, `.jobState` unless its phase is `unknown`.
    package func resolve(_ tenant: TenantID, _ id: ContentJobID, as resolution: Resolution) async throws -> ContentJob {
        try await change(tenant, id) { [self] state, now, transaction in
            guard state.job.phase == .unknown, !state.job.status.isFinal else {
                throw ContentError.jobState(
                    id, status: state.job.status, detail: "only a job whose phase is unknown can be resolved")
            }
            switch resolution {
            case .failed:
                _ = state.fail(EngineError(.submitUnknown, "the engine never answered; resolved as failed"), at: now)
            case .resubmit: try restart(&state, at: now, in: transaction)
            }
        }
    }

    /// The provider, or whoever renders for us, says that a job ended. Believed only so far that the job is looked
    /// after at once.
    /// - Returns: what was made of it, in words.
    /// - Throws: `ContentError.jobNotFound`.
    package func providerHint(tenant: TenantID, job id: ContentJobID) async throws -> String {
        try await database.write(as: tenant) { [self] transaction in
            guard let state = try jobStore.find(tenant, id, in: transaction) else {
                throw ContentError.jobNotFound(id.text)
            }
            if state.job.status.isFinal { return "The job has ended already: \(state.job.status.rawValue)." }
            try queue.wake(uniqueKey: id.text, tenant: tenant, in: transaction)
            return "Taken; the job is looked after now."
        }
    }

    private func restart(_ state: inout RenderState, at now: Timestamp, in transaction: any Transaction) throws {
        _ = state.restart(pace: pace(of: state.job.type), at: now)
        try queue.cancel(uniqueKey: DiscardFile.key(state.job.id), tenant: state.job.tenant, in: transaction)
        try enqueueRender(state.job.tenant, state.job.id, at: nil, in: transaction)
    }

    private func change(
        _ tenant: TenantID, _ id: ContentJobID,
        _ body: @escaping @Sendable (inout RenderState, Timestamp, any Transaction) throws -> Void
    ) async throws -> ContentJob {
        let now = surroundings.now()
        return try await database.write(as: tenant) { [self] transaction in
            guard let before = try jobStore.find(tenant, id, locked: true, in: transaction) else {
                throw ContentError.jobNotFound(id.text)
            }
            var state = before
            try body(&state, now, transaction)
            try record(&state, was: before, in: transaction)
            return state.job
        }
    }
}

// MARK: What every arrow does

extension ContentService {
    var jobStore: ContentJobStore { ContentJobStore() }

    func pace(of type: Modality) -> RenderPace {
        RenderPace(
            whole: router.limits.deadline(of: type), firstPoll: limits.firstPoll, pollInterval: limits.pollInterval,
            fetchAttempts: limits.fetchAttempts, fetchPatience: limits.fetchPatience)
    }

    /// Writes a changed state, its event, and what the tenant is to be told.
    /// - Parameter link: a link to the job's file, for the message that it is finished.
    func record(
        _ state: inout RenderState, was before: RenderState, link: String? = nil, in transaction: any Transaction
    ) throws {
        if let asset = state.job.asset, before.job.asset == nil {
            try assetStore.insert(asset, in: transaction)
            try webhooks.emit(.assetCreated, tenant: asset.tenant, data: AssetNotice(asset, url: link), in: transaction)
        }
        try jobStore.save(&state, was: before, in: transaction)
        if [.failed, .canceled].contains(state.job.status), before.job.phase == .fetching,
            before.job.status != state.job.status
        {
            try queue.enqueue(
                DiscardFile.job(state.job.id, state.job.tenant, at: state.job.updatedAt + DiscardFile.delay),
                in: transaction)
        }
        try announce(state.job, was: before.job, link: link, in: transaction)
    }

    func enqueueRender(_ tenant: TenantID, _ id: ContentJobID, at moment: Timestamp?, in transaction: any Transaction)
        throws
    {
        // What ends a render is its deadline, not a number of tries.
        try queue.enqueue(
            NewJob(
                RenderJob.kind, tenant: tenant, payload: #"{"job":"\#(id)"}"#, runAt: moment, uniqueKey: id.text,
                maximumAttempts: 1_000_000), in: transaction)
    }

    func enqueueCancellation(_ ticket: VideoTicket, _ tenant: TenantID, in transaction: any Transaction) throws {
        let payload = String(decoding: try JSONEncoder().encode(ticket), as: UTF8.self)
        try queue.enqueue(
            NewJob(CancelRender.kind, tenant: tenant, payload: payload, priority: 3, maximumAttempts: 5),
            in: transaction)
    }
}
