import Database
import Vocabulary

/// What the runner writes about a job once its handler is through.
enum Settlement: Sendable, Hashable {
    case complete
    case snooze(until: Timestamp)
    case retry(reason: String)
    case fail(reason: String)
    /// Untried, since the process stops.
    case handBack
    /// The handler has written it.
    case settled
    /// Someone else has the job.
    case dropped

    init(_ result: Result<JobVerdict, any Error>, stop: RunnerSlots.Stop?) {
        switch (result, stop) {
        case (.success(.settled), _): self = .settled
        case (_, .lost): self = .dropped
        case (.success(.complete), _): self = .complete
        case (.success(.snooze(let moment)), _): self = .snooze(until: moment)
        case (.success(.retry(let reason)), _): self = .retry(reason: reason)
        case (.success(.fail(let reason)), _): self = .fail(reason: reason)
        case (.failure(JobQueueError.leaseLost), _): self = .dropped
        case (.failure, .shutdown): self = .handBack
        case (.failure(let error), nil): self = .retry(reason: "\(error)")
        }
    }

    /// The word for it in metrics and logs.
    var outcome: String {
        switch self {
        case .complete: "completed"
        case .snooze: "snoozed"
        case .retry: "retried"
        case .fail: "failed"
        case .handBack: "handed_back"
        case .settled: "settled"
        case .dropped: "dropped"
        }
    }

    static let outcomes = ["completed", "snoozed", "retried", "failed", "handed_back", "settled", "dropped"]
}

extension JobQueue {
    /// Writes a settlement.
    func carryOut(_ settlement: Settlement, of job: ClaimedJob) async throws {
        switch settlement {
        case .settled, .dropped: return
        default: break
        }
        try await database.write(as: .system) { tx in
            switch settlement {
            case .complete: try complete(job, in: tx)
            case .snooze(let moment): try snooze(job, until: moment, in: tx)
            case .retry(let reason): try retry(job, reason: reason, in: tx)
            case .fail(let reason): try fail(job, reason: reason, in: tx)
            case .handBack: try handBack(job, in: tx)
            case .settled, .dropped: break
            }
        }
    }
}
