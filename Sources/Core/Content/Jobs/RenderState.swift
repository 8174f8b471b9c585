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
    /// How many fetches of the finished file failed for reasons of the file.
    var fetches: Int
    /// How many events the job has.
    var events: Int
    /// When the engine's time is over; nil before the first create, since waiting in line doesn't count.
    var deadline: Timestamp?
    var requestID: String
    var traceparent: String?

    /// What is to be done with a job, seen from its state alone.
    enum Step: Sendable, Hashable {
        /// Begin a create; its intent is to be on disk before the call.
        case submit
        /// A create was begun and its answer is missing: ask before anything is done again.
        case reconcile
        /// Also past the deadline, once: what is finished by then is taken.
        case poll(VideoTicket)
        case fetch(VideoTicket)
        /// Its time is over before an engine took it.
        case expire
        /// Nothing: it has ended, or waits for a person.
        case rest
    }

    /// What becomes of the queued job after an arrow.
    enum Next: Sendable, Hashable {
        case again(at: Timestamp)
        /// Ended, or parked until a person decides.
        case over
        /// Ended by us while the provider goes on: it is to be told.
        case abandoned(VideoTicket)
    }

    func isOver(at now: Timestamp) -> Bool { deadline.map { now >= $0 } ?? false }

    func step(at now: Timestamp) -> Step {
        if job.status.isFinal { return .rest }
        switch job.phase {
        case .unknown: return .rest
        case .submitting: return .reconcile
        case .queued: return isOver(at: now) ? .expire : .submit
        case .rendering: return ticket.map { .poll($0) } ?? .reconcile
        case .fetching: return ticket.map { .fetch($0) } ?? .reconcile
        }
    }
}

/// How the machine paces itself.
struct RenderPace: Sendable {
    /// From the first create to giving up.
    var whole: Duration
    var firstPoll: Duration
    var pollInterval: Duration
    var fetchAttempts: Int
    /// How long a finished file is fetched, whatever the deadline.
    var fetchPatience: Duration
    /// Between tries of a create that certainly wasn't taken, and of a fetch.
    var backoff = Backoff(first: .milliseconds(500), most: .seconds(60))
    /// How often a create is tried again after the provider itself answered that it failed.
    var providerErrorRetries = 2
}

// MARK: Arrows

extension RenderState {
    mutating func beginSubmit(engine: String, servedBy: String, within whole: Duration, at now: Timestamp) {
        submissions += 1
        deadline = deadline ?? now + whole
        job.engine = engine
        job.servedBy = servedBy
        job.waitingBecause = nil
        move(to: .processing, .submitting, at: now)
    }

    /// No engine could be asked at all: nothing was begun.
    mutating func routeFailed(_ error: EngineError, pace: RenderPace, fraction: Double, at now: Timestamp) -> Next {
        deadline = deadline ?? now + pace.whole
        let wait = max(pace.backoff.delay(afterAttempt: 3, fraction: fraction), error.retryAfter ?? .zero)
        guard Self.isPassing(error.code), !isOver(at: now + wait) else { return fail(error, at: now) }
        job.waitingBecause = "no engine can be asked (\(error.code.rawValue)); next try at \(now + wait)"
        return .again(at: now + wait)
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
        if Self.leavesUnknown(error) {
            job.waitingBecause = "the engine never said whether it took the job; it is not submitted again by itself"
            move(to: .processing, .unknown, at: now)
            return .over
        }
        guard mayResubmit(after: error, otherEngine: otherEngine, pace: pace) else { return fail(error, at: now) }
        let wait = max(pace.backoff.delay(afterAttempt: submissions, fraction: fraction), error.retryAfter ?? .zero)
        let again = otherEngine ? now : now + wait
        guard !isOver(at: again) else { return fail(error, at: now) }
        job.waitingBecause =
            "the engine \(job.engine ?? "") did not take it (\(error.code.rawValue)); next try at \(again)"
        move(to: .pending, .queued, at: now)
        return .again(at: again)
    }

    /// Whether the create may have been taken all the same. An error that the provider itself answered with is a
    /// refusal; one that comes from between us (502, 504), or an answer that can't be read, says nothing.
    private static func leavesUnknown(_ error: EngineError) -> Bool {
        switch error.code {
        case .submitUnknown, .providerTimeout, .streamInterrupted: true
        case .providerError:
            switch error.httpStatus {
            case let status?: !(400...599).contains(status) || status == 502 || status == 504
            case nil: true
            }
        default: false
        }
    }

    private func mayResubmit(after error: EngineError, otherEngine: Bool, pace: RenderPace) -> Bool {
        if Self.isPassing(error.code) { return true }
        switch error.code {
        case .providerError:
            return otherEngine
                || job.attempts.filter { $0.code == .providerError }.count <= pace.providerErrorRetries
        // Made, and so paid for: another one is the tenant's decision.
        case .generationFailed, .contentBlockedOutput, .assetDownloadFailed, .assetExpired: return false
        default: return otherEngine
        }
    }

    /// Trouble that says nothing about the job, and passes.
    private static func isPassing(_ code: EngineError.Code) -> Bool {
        switch code {
        case .connectionFailed, .circuitOpen, .providerRateLimited, .providerOverloaded: true
        default: false
        }
    }

    mutating func progressed(to progress: Int, nextPoll: Duration?, pace: RenderPace, at now: Timestamp) -> Next {
        job.waitingBecause = nil
        guard !isOver(at: now) else { return giveUp(at: now) }
        move(to: .processing, .rendering, progress: min(max(progress, job.progress), 99), at: now)
        return .again(at: earliest(now + (nextPoll ?? pace.pollInterval)))
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
            guard !isOver(at: now) else { return giveUp(at: now) }
            job.waitingBecause = "the engine could not be asked (\(error.code.rawValue)); it is asked again"
            let wait = max(pace.pollInterval * (0.75 + fraction / 2), error.retryAfter ?? .zero)
            return .again(at: earliest(now + wait))
        }
    }

    /// That moment, or the deadline where it comes first: then is the last question.
    private func earliest(_ moment: Timestamp) -> Timestamp { deadline.map { min(moment, $0) } ?? moment }

    /// Not finished by its deadline.
    mutating func giveUp(at now: Timestamp) -> Next {
        let next = fail(EngineError(.providerTimeout, "not finished within its deadline"), at: now)
        return ticket.map { .abandoned($0) } ?? next
    }

    mutating func ready(_ ticket: VideoTicket, pace: RenderPace, at now: Timestamp) -> Next {
        self.ticket = ticket
        job.waitingBecause = nil
        // What is finished is paid for: there is time to get it.
        deadline = max(deadline ?? now, now + pace.fetchPatience)
        move(to: .processing, .fetching, progress: 99, at: now)
        return .again(at: now)
    }

    /// - Parameter isPassing: whether the trouble says nothing about the file, ours for example.
    mutating func fetchFailed(
        _ error: EngineError, isPassing: Bool = false, pace: RenderPace, fraction: Double, at now: Timestamp
    ) -> Next {
        let passes = isPassing || Self.isPassing(error.code)
        if !passes { fetches += 1 }
        let wait = passes ? pace.backoff.delay(afterAttempt: 4, fraction: fraction) : backoff(pace, fraction)
        let again = now + max(wait, error.retryAfter ?? .zero)
        guard fetches < pace.fetchAttempts, !isOver(at: again), error.code != .assetExpired else {
            return fail(error, at: now)
        }
        job.waitingBecause = "the finished file could not be fetched (\(error.code.rawValue)); next try at \(again)"
        move(to: .processing, .fetching, at: now)
        return .again(at: again)
    }

    private func backoff(_ pace: RenderPace, _ fraction: Double) -> Duration {
        pace.backoff.delay(afterAttempt: fetches, fraction: fraction)
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
        job.waitingBecause = "the engine can't say whether it took the job; it is not submitted again by itself"
        move(to: .processing, .unknown, at: now)
        return .over
    }

    /// A create that was certainly not taken.
    mutating func notTaken(at now: Timestamp) -> Next {
        move(to: .pending, .queued, at: now)
        return .again(at: now)
    }

    /// Once more, for `retry` and `resolve`, with a time of its own. A file that was finished and couldn't be fetched
    /// is fetched; anything else begins anew.
    mutating func restart(pace: RenderPace, at now: Timestamp) -> Next {
        let isFinishedThere =
            job.phase == .fetching && ticket != nil && job.failure?.code != EngineError.Code.generationFailed.rawValue
            && job.failure?.code != EngineError.Code.assetExpired.rawValue && job.status == .failed
        fetches = 0
        job.progress = 0
        job.failure = nil
        job.asset = nil
        job.completedAt = nil
        job.waitingBecause = nil
        if isFinishedThere, let ticket {
            deadline = nil
            return ready(ticket, pace: pace, at: now)
        }
        ticket = nil
        deadline = nil
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
