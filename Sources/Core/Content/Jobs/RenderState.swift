import Engines
import Vocabulary

/// A job with what only the machine needs to know of it: the state of a render, as a value. Its mutating functions are
/// the arrows of the state machine; the shell (`RenderJob`) carries each out in one transaction.
struct RenderState: Sendable {
    var job: ContentJob
    var request: RenderRequest
    var ticket: VideoTicket?
    /// How many creates were begun.
    var submissions: Int
    /// How many fetches of the finished file failed.
    var fetches: Int
    /// How many events the job has.
    var events: Int
    var deadline: Timestamp
    var requestID: String
    var traceparent: String?

    /// What is to be done with a job, seen from its state alone.
    enum Step: Sendable, Hashable {
        /// Begin a create; its intent is to be on disk before the call.
        case submit
        /// A create was begun and its answer is missing: ask before anything is done again.
        case reconcile
        case poll(VideoTicket)
        case fetch(VideoTicket)
        /// Its time is over.
        case expire
        /// Nothing: it has ended, or waits for a person.
        case rest
    }

    /// What becomes of the queued job after an arrow.
    enum Next: Sendable, Hashable {
        case again(at: Timestamp)
        /// Ended, or parked until a person decides.
        case over
    }

    func step(at now: Timestamp) -> Step {
        if job.status.isFinal { return .rest }
        switch job.phase {
        case .unknown: return .rest
        case .submitting: return .reconcile
        case .queued: return now >= deadline ? .expire : .submit
        case .rendering, .fetching:
            guard let ticket else { return .reconcile }
            if now >= deadline { return .expire }
            return job.phase == .rendering ? .poll(ticket) : .fetch(ticket)
        }
    }
}

/// How the machine paces itself.
struct RenderPace: Sendable {
    var firstPoll: Duration
    var pollInterval: Duration
    var fetchAttempts: Int
    /// Between tries of a create that certainly wasn't taken, and of a fetch.
    var backoff = Backoff(first: .milliseconds(500), most: .seconds(60))
    /// How often a create is tried again after the provider answered with an error of its own.
    var providerErrorRetries = 2
}

// MARK: Arrows

extension RenderState {
    mutating func beginSubmit(engine: String, servedBy: String, at now: Timestamp) {
        submissions += 1
        job.engine = engine
        job.servedBy = servedBy
        job.waitingBecause = nil
        move(to: .processing, .submitting, at: now)
    }

    mutating func accepted(_ ticket: VideoTicket, attempt: EngineAttempt?, pace: RenderPace, at now: Timestamp) -> Next
    {
        self.ticket = ticket
        if let attempt { job.attempts.append(attempt) }
        job.waitingBecause = nil
        move(to: .processing, .rendering, at: now)
        return .again(at: now + pace.firstPoll)
    }

    /// A create that failed, with certainty or without.
    /// - Parameter otherEngine: whether another engine may take the job.
    mutating func submitFailed(
        _ error: EngineError, attempt: EngineAttempt?, otherEngine: Bool, pace: RenderPace, fraction: Double,
        at now: Timestamp
    ) -> Next {
        if let attempt { job.attempts.append(attempt) }
        if error.code == .submitUnknown {
            job.waitingBecause =
                "the engine never answered whether it took the job; it is not submitted again by itself"
            move(to: .processing, .unknown, at: now)
            return .over
        }
        guard mayResubmit(after: error, otherEngine: otherEngine, pace: pace) else { return fail(error, at: now) }
        let wait = max(pace.backoff.delay(afterAttempt: submissions, fraction: fraction), error.retryAfter ?? .zero)
        let again = otherEngine ? now : now + wait
        guard again < deadline else { return fail(error, at: now) }
        job.waitingBecause =
            "the engine \(job.engine ?? "") did not take it (\(error.code.rawValue)); next try at \(again)"
        move(to: .pending, .queued, at: now)
        return .again(at: again)
    }

    private func mayResubmit(after error: EngineError, otherEngine: Bool, pace: RenderPace) -> Bool {
        switch error.code {
        case .connectionFailed, .circuitOpen, .providerRateLimited, .providerOverloaded: true
        case .providerError:
            job.attempts.filter { $0.code == .providerError }.count <= pace.providerErrorRetries || otherEngine
        default: otherEngine
        }
    }

    mutating func progressed(to progress: Int, nextPoll: Duration?, pace: RenderPace, at now: Timestamp) -> Next {
        job.waitingBecause = nil
        move(to: .processing, .rendering, progress: min(max(progress, job.progress), 99), at: now)
        return .again(at: now + (nextPoll ?? pace.pollInterval))
    }

    /// A question that had no answer: nothing is known, so nothing changes but the pace.
    mutating func pollFailed(_ error: EngineError, pace: RenderPace, fraction: Double, at now: Timestamp) -> Next {
        switch error.code {
        case .contentBlockedInput, .contentBlockedOutput, .generationFailed, .jobNotFound, .modelNotFound,
            .modelRetired,
            .providerRejectedRequest, .payloadTooLarge, .unsupportedParameter, .assetExpired:
            return fail(error, at: now)
        case .canceled: return end(.canceled, at: now)
        default:
            job.waitingBecause = "the engine could not be asked (\(error.code.rawValue)); it is asked again"
            let wait = max(pace.pollInterval * (0.75 + fraction / 2), error.retryAfter ?? .zero)
            return .again(at: min(now + wait, deadline))
        }
    }

    mutating func ready(_ ticket: VideoTicket, at now: Timestamp) -> Next {
        self.ticket = ticket
        job.waitingBecause = nil
        move(to: .processing, .fetching, progress: 99, at: now)
        return .again(at: now)
    }

    mutating func fetchFailed(_ error: EngineError, pace: RenderPace, fraction: Double, at now: Timestamp) -> Next {
        fetches += 1
        let again = now + pace.backoff.delay(afterAttempt: fetches, fraction: fraction)
        guard fetches < pace.fetchAttempts, again < deadline, error.code != .assetExpired else {
            return fail(error, at: now)
        }
        job.waitingBecause = "the finished file could not be fetched (\(error.code.rawValue)); next try at \(again)"
        move(to: .processing, .fetching, at: now)
        return .again(at: again)
    }

    mutating func completed(_ asset: Asset, cost: MicroCredits?, attempt: EngineAttempt? = nil, at now: Timestamp)
        -> Next
    {
        if let attempt { job.attempts.append(attempt) }
        job.asset = asset
        job.cost = cost
        move(to: .completed, job.phase == .submitting ? .fetching : job.phase, progress: 100, at: now)
        return .over
    }

    mutating func fail(_ error: EngineError, at now: Timestamp) -> Next {
        job.failure = ContentJob.Failure(
            code: error.code.rawValue, detail: error.detail, isRetryable: error.code.isRetryable)
        return end(.failed, at: now)
    }

    mutating func end(_ status: ContentJob.Status, at now: Timestamp) -> Next {
        move(to: status, job.phase, at: now)
        return .over
    }

    /// What was begun isn't known to have been taken, and can't be asked about.
    mutating func lostSight(at now: Timestamp) -> Next {
        submitFailed(
            EngineError(.submitUnknown, "the engine never answered"), attempt: nil, otherEngine: false,
            pace: RenderPace(firstPoll: .zero, pollInterval: .zero, fetchAttempts: 1), fraction: 0, at: now)
    }

    /// Back to the beginning, for `retry`, `resolve`, and a create that was certainly not taken.
    mutating func requeue(deadline: Timestamp?, at now: Timestamp) -> Next {
        if let deadline { self.deadline = deadline }
        ticket = nil
        fetches = 0
        job.progress = 0
        job.failure = nil
        job.asset = nil
        job.completedAt = nil
        job.waitingBecause = nil
        move(to: .pending, .queued, progress: 0, at: now)
        return .again(at: now)
    }

    private mutating func move(
        to status: ContentJob.Status, _ phase: ContentJob.Phase, progress: Int? = nil, at now: Timestamp
    ) {
        job.status = status
        job.phase = phase
        if let progress { job.progress = progress }
        job.updatedAt = now
        if status.isFinal {
            job.completedAt = now
            job.waitingBecause = nil
        }
    }
}
