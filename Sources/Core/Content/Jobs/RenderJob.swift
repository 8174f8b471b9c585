import Database
import Engines
import FoundationEssentials
import JobQueue
import Logging
import ObjectStorage
import Telemetry
import Vocabulary
import Webhooks

/// Carries the arrows of a render out: a call to the outside, then one transaction that holds the new state, its event,
/// what the tenant is told, and what becomes of the queued job. Between two of them the process may die anywhere.
struct RenderJob: Sendable {
    /// Works one content job on. Payload: `{"job": id}`; the unique key is the job's id.
    static let kind = JobKind("content.render")

    struct Payload: Codable {
        var job: ContentJobID
    }

    let service: ContentService
    let claimed: ClaimedJob
    let tenant: TenantID
    let id: ContentJobID

    init?(_ service: ContentService, _ claimed: ClaimedJob) {
        guard let tenant = claimed.tenant,
            let payload = try? JSONDecoder().decode(Payload.self, from: Data(claimed.payload.utf8))
        else { return nil }
        self.service = service
        self.claimed = claimed
        self.tenant = tenant
        self.id = payload.job
    }

    private var now: Timestamp { service.surroundings.now() }

    func run() async throws -> JobVerdict {
        let about = LogContext(tenant: tenant.name, job: id.text)
        return try await LogContext.$current.withValue(about) { try await step() }
    }

    private func step() async throws -> JobVerdict {
        let id = id
        let found = try await service.database.read(as: tenant) { [store = service.jobStore, tenant] in
            try store.find(tenant, id, in: $0)
        }
        guard let state = found else { return .complete }
        switch state.step(at: now) {
        case .rest: return .complete
        case .expire: return try await expire(state)
        case .submit: return try await submit(state)
        case .reconcile: return try await reconcile(state)
        case .poll(let ticket): return try await poll(state, ticket)
        case .fetch(let ticket): return try await fetch(state, ticket)
        }
    }

    // MARK: Steps

    private func submit(_ state: RenderState) async throws -> JobVerdict {
        let route: [EngineChoice]
        do {
            route = try await service.router.choices(
                for: state.job.type, model: state.job.model, sandboxOnly: state.job.isTest)
        } catch let error as EngineError {
            let fraction = service.surroundings.randomFraction()
            return try await settle(state) { state, pace, now in
                state.routeFailed(error, pace: pace, fraction: fraction, at: now)
            }
        }
        let failed = Set(state.job.attempts.filter { $0.code != nil }.map(\.engine))
        guard let choice = route.first(where: { !failed.contains($0.engine.name) }) ?? route.first else {
            let error = EngineError(.modelNotFound, "no engine makes \(state.job.type.rawValue) content")
            return try await settle(state) { state, _, now in state.fail(error, at: now) }
        }
        let hasOther = route.contains { $0.engine.name != choice.engine.name && !failed.contains($0.engine.name) }
        let intended = try await arrow(state) { state, pace, now in
            state.beginSubmit(engine: choice.engine.name, servedBy: choice.model, within: pace.whole, at: now)
            return nil
        }
        return state.job.type == .video
            ? try await submitFilm(intended, choice, hasOther: hasOther)
            : try await makeImage(intended, choice, hasOther: hasOther)
    }

    private func submitFilm(_ state: RenderState, _ choice: EngineChoice, hasOther: Bool) async throws -> JobVerdict {
        guard let video = state.request.video else { return .fail(reason: "no film in the request") }
        let request = VideoRequest(
            model: choice.model, prompt: state.request.prompt, instructions: state.request.instructions,
            durationSeconds: service.router.catalogue.nearestDuration(video.durationSeconds, model: choice.model),
            aspectRatio: video.aspectRatio, framesPerSecond: video.framesPerSecond,
            referenceImages: video.referenceImages)
        let begun = now
        let call = call(state, atMost: service.limits.submitDeadline)
        return try await toItsEnd {
            do {
                let ticket = try await choice.engine.submitVideo(request, call)
                let attempt = record(choice, begun, nil)
                do {
                    return try await settle(state) { state, pace, now in
                        state.accepted(ticket, attempt: attempt, pace: pace, at: now)
                    }
                } catch JobQueueError.leaseLost {
                    try await adoptLate(ticket, submission: state.submissions, attempt)
                    return .settled
                }
            } catch let error as EngineError {
                return try await submitFailed(state, error, record(choice, begun, error), hasOther: hasOther)
            }
        }
    }

    /// Carries a create through although the job is cancelled or the lease lost meanwhile: whoever has begun to pay
    /// wants the receipt. The create's own deadline bounds it.
    private func toItsEnd(_ work: @escaping @Sendable () async throws -> JobVerdict) async throws -> JobVerdict {
        // tidy: allow task — awaited right here; a task of its own isn't cancelled with the handler
        try await Task { try await work() }.value
    }

    private func submitFailed(
        _ state: RenderState, _ error: EngineError, _ attempt: EngineAttempt, hasOther: Bool
    ) async throws -> JobVerdict {
        let fraction = service.surroundings.randomFraction()
        let other = hasOther && error.code.allowsFallback(for: state.job.type)
        return try await settle(state) { state, pace, now in
            state.submitFailed(error, attempt: attempt, otherEngine: other, pace: pace, fraction: fraction, at: now)
        }
    }

    /// An image made by a queued job: the create answers with the file itself.
    private func makeImage(_ state: RenderState, _ choice: EngineChoice, hasOther: Bool) async throws -> JobVerdict {
        guard let image = state.request.image else { return .fail(reason: "no image in the request") }
        let size = service.router.catalogue.validSizes(choice.model).nearest(to: ImageSize(image.width, image.height))
        let request = ImageRequest(
            model: choice.model, prompt: state.request.prompt, instructions: state.request.instructions,
            negativePrompt: image.negativePrompt, width: size.width, height: size.height, quality: image.quality,
            style: image.style)
        let begun = now
        let call = call(state, atMost: service.router.limits.imageDeadline)
        return try await toItsEnd {
            do {
                let result = try await choice.engine.image(request, call)
                let asset = try await keep(result.media, .image, of: state, engine: choice.engine.name, choice.model)
                return try await complete(
                    state, asset, cost: service.router.mediaCost(engine: choice.engine.name),
                    record(choice, begun, nil))
            } catch let error as EngineError {
                return try await submitFailed(state, error, record(choice, begun, error), hasOther: hasOther)
            }
        }
    }

    /// Stores what an engine sends. Trouble of our own storage comes as `.assetDownloadFailed` too: the file was made,
    /// and isn't ours.
    private func keep(
        _ media: Engines.MediaStream, _ type: Modality, of state: RenderState, engine: String, _ model: String
    ) async throws -> Asset {
        do {
            return try await service.takeIn(media, type, of: state, engine: engine, model: model)
        } catch let error as ObjectStorageError {
            service.logger.error("a file could not be stored", metadata: ["why": "\(error)"])
            throw EngineError(.assetDownloadFailed, "the file was made and could not be stored")
        }
    }

    /// A worker died, or was stopped, between the intent and what became of it.
    private func reconcile(_ state: RenderState) async throws -> JobVerdict {
        let answer: Reconciliation
        if let name = state.job.engine, let engine = service.router.engine(named: name) {
            do {
                answer = try await engine.reconcile(state.job.type, call(state, atMost: .seconds(30)))
            } catch let error as EngineError {
                // Asking costs nothing: it is asked again while there is time.
                guard state.isOver(at: now) else { return .retry(reason: error.code.rawValue) }
                answer = .cannotTell
            }
        } else {
            answer = .cannotTell
        }
        return try await settle(state) { state, pace, now in
            switch answer {
            case .taken(let ticket): state.accepted(ticket, attempt: nil, pace: pace, at: now)
            case .notTaken: state.notTaken(at: now)
            case .cannotTell: state.lostSight(at: now)
            }
        }
    }

    private func poll(_ state: RenderState, _ ticket: VideoTicket) async throws -> JobVerdict {
        guard let engine = service.router.engine(named: ticket.engine) else {
            let error = EngineError(.jobNotFound, "the engine \(ticket.engine) is not configured any more")
            return try await settle(state) { state, _, now in state.fail(error, at: now) }
        }
        let progress: VideoProgress
        do {
            progress = try await engine.pollVideo(ticket, call(state, atMost: service.limits.submitDeadline))
        } catch let error as EngineError {
            let fraction = service.surroundings.randomFraction()
            return try await settle(state) { state, pace, now in
                state.pollFailed(error, pace: pace, fraction: fraction, at: now)
            }
        }
        return try await settle(state) { state, pace, now in
            switch progress {
            case .rendering(let percent, let nextPoll):
                state.progressed(to: percent, nextPoll: nextPoll, pace: pace, at: now)
            case .ready(let ticket): state.ready(ticket, pace: pace, at: now)
            case .failed(let error): state.fail(error, at: now)
            case .canceled: state.end(.canceled, at: now)
            }
        }
    }

    private func fetch(_ state: RenderState, _ ticket: VideoTicket) async throws -> JobVerdict {
        do {
            guard let engine = service.router.engine(named: ticket.engine) else {
                throw EngineError(.jobNotFound, "the engine \(ticket.engine) is not configured any more")
            }
            let media = try await engine.fetchVideo(ticket, call(state, atMost: service.limits.fetchDeadline))
            let asset = try await keep(media, .video, of: state, engine: ticket.engine, ticket.model)
            return try await complete(state, asset, cost: service.router.mediaCost(engine: ticket.engine), nil)
        } catch let error as EngineError {
            let fraction = service.surroundings.randomFraction()
            return try await settle(state) { state, pace, now in
                state.fetchFailed(error, pace: pace, fraction: fraction, at: now)
            }
        }
    }

    private func complete(
        _ state: RenderState, _ asset: Asset, cost: MicroCredits?, _ attempt: EngineAttempt?
    ) async throws -> JobVerdict {
        let link = try await service.noticeLink(to: asset)
        do {
            return try await settle(state, link: link) { state, _, now in
                state.completed(asset, cost: cost, attempt: attempt, at: now)
            }
        } catch let error as JobQueueError {
            try await service.discardIfUnwanted(asset, tenant, id)
            throw error
        }
    }

    private func expire(_ state: RenderState) async throws -> JobVerdict {
        try await settle(state) { state, _, now in state.giveUp(at: now) }
    }

    // MARK: Arrows

    /// One transaction: the state, its event, the tenant's webhooks, and the queued job.
    private func settle(
        _ seen: RenderState, link: String? = nil,
        _ change: @escaping @Sendable (inout RenderState, RenderPace, Timestamp) -> RenderState.Next
    ) async throws -> JobVerdict {
        _ = try await arrow(seen, link: link, change)
        return .settled
    }

    /// - Parameters:
    ///   - seen: the state from which the arrow starts; where it isn't the present one any more, nothing is done.
    ///   - change: changes the state and says what becomes of the queued job; nil keeps it claimed.
    private func arrow(
        _ seen: RenderState, link: String? = nil,
        _ change: @escaping @Sendable (inout RenderState, RenderPace, Timestamp) -> RenderState.Next?
    ) async throws -> RenderState {
        let moment = now
        let pace = service.pace(of: seen.job.type)
        return try await service.database.write(as: tenant) { [service, claimed, tenant, id] transaction in
            guard let before = try service.jobStore.find(tenant, id, locked: true, in: transaction),
                !before.job.status.isFinal, before.job.phase == seen.job.phase, before.submissions == seen.submissions
            else { throw JobQueueError.leaseLost(claimed.id) }
            var state = before
            let next = change(&state, pace, moment)
            try service.record(&state, was: before, link: link, in: transaction)
            switch next {
            case .again(let at)?: try service.queue.snooze(claimed, until: at, in: transaction)
            case .over?: try service.queue.complete(claimed, in: transaction)
            case .abandoned(let ticket)?:
                try service.enqueueCancellation(ticket, tenant, in: transaction)
                try service.queue.complete(claimed, in: transaction)
            case nil: try service.queue.confirm(claimed, in: transaction)
            }
            return state
        }
    }

    /// The provider took a create, and in the meantime the job was taken from us. Its ticket is not to be lost: where
    /// the job still waits to hear of this create it goes on with it, and anywhere else the render is cancelled.
    private func adoptLate(_ ticket: VideoTicket, submission: Int, _ attempt: EngineAttempt) async throws {
        let moment = now
        try await service.database.write(as: tenant) { [service, tenant, id] transaction in
            guard let before = try service.jobStore.find(tenant, id, locked: true, in: transaction),
                before.ticket != ticket
            else { return }
            let waits =
                !before.job.status.isFinal && before.submissions == submission
                && [.submitting, .unknown].contains(before.job.phase)
            guard waits else { return try service.enqueueCancellation(ticket, tenant, in: transaction) }
            var state = before
            let next = state.accepted(ticket, attempt: attempt, pace: service.pace(of: state.job.type), at: moment)
            try service.record(&state, was: before, in: transaction)
            if case .again(let at) = next { try service.enqueueRender(tenant, id, at: at, in: transaction) }
        }
    }

    private func call(_ state: RenderState, atMost limit: Duration) -> EngineCall {
        // Past the job's deadline there is still the last question.
        let end = state.deadline.map { max($0, now + .seconds(30)) }
        let deadline = min(now + limit, end ?? now + limit)
        return EngineCall(
            requestID: "\(state.job.id).\(state.submissions)", deadline: deadline,
            sandboxFault: state.request.sandboxFault,
            traceparent: state.traceparent)
    }

    private func record(_ choice: EngineChoice, _ begun: Timestamp, _ error: EngineError?) -> EngineAttempt {
        service.router.record(error, choice.engine, choice.model, begun)
    }
}
