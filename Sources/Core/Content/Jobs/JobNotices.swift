import Database
import Engines
import Vocabulary
import Webhooks

/// What webhooks say of a job.
struct JobNotice: Encodable {
    struct Result: Encodable {
        var url: String?
        var duration: Double?
        var model: String
        var storagePath: String
        var contentType: String
        var size: Int64

        enum CodingKeys: String, CodingKey {
            case url, duration, model, size
            case storagePath = "storage_path"
            case contentType = "content_type"
        }
    }

    struct Failure: Encodable {
        var code: String
        var detail: String
        var retryable: Bool
    }

    var jobID: ContentJobID
    var status: ContentJob.Status
    var tenantID: TenantID
    var progress: Int?
    var result: Result?
    var error: Failure?

    enum CodingKeys: String, CodingKey {
        case status, progress, result, error
        case jobID = "job_id"
        case tenantID = "tenant_id"
    }

    init(_ job: ContentJob, link: String?) {
        jobID = job.id
        status = job.status
        tenantID = job.tenant
        progress = job.status.isFinal ? nil : job.progress
        result = job.asset.map {
            Result(
                url: link, duration: $0.durationSeconds, model: job.model, storagePath: $0.storagePath,
                contentType: $0.contentType, size: $0.size)
        }
        error = job.failure.map { Failure(code: $0.code, detail: $0.detail, retryable: $0.isRetryable) }
    }
}

/// What webhooks say of a stored file.
struct AssetNotice: Encodable {
    var id: AssetID
    var kind: String
    var url: String?
    var storagePath: String
    var contentType: String
    var size: Int64
    var tenantID: TenantID
    var jobID: ContentJobID?

    enum CodingKeys: String, CodingKey {
        case id, kind, url, size
        case storagePath = "storage_path"
        case contentType = "content_type"
        case tenantID = "tenant_id"
        case jobID = "job_id"
    }

    init(_ asset: Asset, url: String?) {
        id = asset.id
        kind = asset.kind.rawValue
        self.url = url
        storagePath = asset.storagePath
        contentType = asset.contentType
        size = asset.size
        tenantID = asset.tenant
        jobID = asset.job
    }
}

extension ContentService {
    /// The messages that a change of a job calls for, in the transaction that makes it.
    func announce(
        _ job: ContentJob, was before: ContentJob, link: String?, in transaction: any Transaction
    ) throws {
        let notice = JobNotice(job, link: link)
        guard job.status.isFinal else {
            if job.progress > before.progress || job.status != before.status {
                try webhooks.emit(.jobProgress, tenant: job.tenant, data: notice, in: transaction)
            }
            return
        }
        guard job.status != before.status else { return }
        let event: WebhookEventType =
            switch job.status {
            case .completed: .jobCompleted
            case .canceled: .jobCanceled
            default: .jobFailed
            }
        try webhooks.emit(event, tenant: job.tenant, data: notice, in: transaction)
        if let url = job.webhookURL {
            try webhooks.send(notice, event: event, to: url, tenant: job.tenant, in: transaction)
        }
    }
}
