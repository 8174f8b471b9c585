import Database
package import JobQueue
import Logging
import Vocabulary

// What the worker does for this room.
extension ContentService {
    static let sweep = JobKind("content.sweep")

    /// The handlers of this room's kinds of job.
    package var handlers: [JobKind: JobHandler] {
        [
            RenderJob.kind: { [self] claimed in
                guard let render = RenderJob(self, claimed) else { return .fail(reason: "no such payload") }
                return try await render.run()
            },
            CancelRender.kind: { [self] in try await CancelRender.run(self, $0) },
            DiscardFile.kind: { [self] in try await DiscardFile.run(self, $0) },
            Self.sweep: { [self] _ in
                try await tidyUp()
                return .complete
            },
        ]
    }

    /// How many of a kind one process works on at once.
    package var caps: [JobKind: Int] { [RenderJob.kind: limits.renderWorkers] }

    package var recurring: [RecurringJob] { [RecurringJob(kind: Self.sweep, every: .seconds(60))] }

    /// Queues again what is unfinished and has no work queued for it, and deletes what has been kept long enough.
    private func tidyUp() async throws {
        let now = surroundings.now()
        let batch = 500
        try await database.write(as: .system) { [self] transaction in
            let orphans = try jobStore.orphans(
                untouchedSince: now - .seconds(120), limit: batch, in: transaction)
            for (tenant, id) in orphans {
                logger.error("an unfinished job had no work queued", metadata: ["job": "\(id)"])
                try enqueueRender(tenant, id, at: nil, in: transaction)
            }
        }
        guard limits.retention > .zero else { return }
        var deleted = batch
        while deleted >= batch {
            try Task.checkCancellation()
            deleted = try await database.write(as: .system) { [self] transaction in
                max(
                    try jobStore.purge(endedBefore: now - limits.retention, limit: batch, in: transaction),
                    try GenerationRow.purge(before: now - limits.retention, limit: batch, in: transaction))
            }
        }
    }
}
