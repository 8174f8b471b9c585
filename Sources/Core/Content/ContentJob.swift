package import Engines
package import Vocabulary

/// A job as its tenant sees it.
package struct ContentJob: Sendable {
    package enum Status: String, Sendable, Codable, CaseIterable {
        case pending, processing, completed, failed, canceled

        package var isFinal: Bool {
            switch self {
            case .pending, .processing: false
            case .completed, .failed, .canceled: true
            }
        }
    }

    package enum Phase: String, Sendable, Codable, CaseIterable {
        case queued, submitting, rendering, fetching
        /// A create without an answer: it may have been taken. Nothing is done again before the provider or a person
        /// has said what became of it.
        case unknown
    }

    package struct Failure: Sendable, Hashable, Codable {
        package var code: String
        package var detail: String
        package var isRetryable: Bool

        package init(code: String, detail: String, isRetryable: Bool) {
            self.code = code
            self.detail = detail
            self.isRetryable = isRetryable
        }
    }

    package var id: ContentJobID
    package var tenant: TenantID
    package var type: Modality
    package var status: Status
    /// Where it is; of an ended job, where it ended.
    package var phase: Phase
    /// 0…100.
    package var progress: Int
    /// As asked.
    package var model: String
    /// As used, once an engine is chosen.
    package var servedBy: String?
    package var engine: String?
    package var isTest: Bool
    package var durationSeconds: Int?
    /// Set when the duration was moved to the nearest that the model has.
    package var message: String?
    package var estimatedSeconds: Int?
    package var asset: Asset?
    package var failure: Failure?
    package var attempts: [EngineAttempt]
    package var waitingBecause: String?
    package var cost: MicroCredits?
    package var webhookURL: String?
    package var createdAt: Timestamp
    package var updatedAt: Timestamp
    package var completedAt: Timestamp?
}

/// A change of a job, as its events tell it. `sequence` counts from 1 within the job.
package struct ContentJobEvent: Sendable, Hashable {
    package var sequence: Int
    package var status: ContentJob.Status
    package var phase: ContentJob.Phase
    package var progress: Int
    package var at: Timestamp
}

/// Which jobs a list shows.
package struct ContentJobFilter: Sendable, Hashable {
    package var status: ContentJob.Status?
    package var type: Modality?
    package var model: String?
    package var since: Timestamp?
    package var until: Timestamp?

    package init(
        status: ContentJob.Status? = nil, type: Modality? = nil, model: String? = nil, since: Timestamp? = nil,
        until: Timestamp? = nil
    ) {
        self.status = status
        self.type = type
        self.model = model
        self.since = since
        self.until = until
    }
}

/// How a person decides about a job whose create had no answer.
package enum Resolution: String, Sendable, Codable, CaseIterable {
    case failed, resubmit
}
