import Database
import FoundationEssentials
import JobQueue
import ObjectStorage
import Vocabulary

/// Deletes what a job may have stored before it ended otherwise. Payload: `{"job": id}`.
enum DiscardFile {
    static let kind = JobKind("content.discard-file")
    /// Long after the end, so that whoever begins the job again isn't met half-way.
    static let delay = Duration.seconds(3600)

    static func key(_ id: ContentJobID) -> String { "discard:\(id)" }

    static func job(_ id: ContentJobID, _ tenant: TenantID, at moment: Timestamp) -> NewJob {
        NewJob(kind, tenant: tenant, payload: #"{"job":"\#(id)"}"#, runAt: moment, uniqueKey: key(id))
    }

    static func run(_ service: ContentService, _ claimed: ClaimedJob) async throws -> JobVerdict {
        guard let tenant = claimed.tenant,
            let id = try? JSONDecoder().decode(RenderJob.Payload.self, from: Data(claimed.payload.utf8)).job
        else { return .fail(reason: "no such payload") }
        let found = try await service.database.read(as: tenant) { [store = service.jobStore] in
            try store.find(tenant, id, in: $0)
        }
        // One that was begun again makes a file of that name anew.
        if let job = found?.job, ![.failed, .canceled].contains(job.status) { return .complete }
        if let key = ObjectKey(tenant: tenant, category: .videos, file: "\(id).mp4") {
            try await service.storage.delete(key)
        }
        return .complete
    }
}
