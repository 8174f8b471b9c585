import Database
import Engines
import Vocabulary

extension ContentService {
    /// Accepts a film as a job: on disk when this returns.
    /// - Throws: `ContentError.invalid`, `.tooManyJobs`.
    package func queueVideo(_ caller: Caller, _ generation: VideoGeneration) async throws -> ContentJob {
        let model = generation.model ?? router.catalogue.defaultModel(for: .video)
        let durations = router.catalogue.validDurations(model)
        let asked = generation.durationSeconds ?? durations.usual
        var faults = promptFaults(generation.prompt)
        var seconds = asked
        var message: String?
        if !durations.contains(asked) {
            switch generation.durationRule {
            case .refuse: faults.append(.init("/duration_seconds", "\(model) has \(durations) seconds"))
            case .nearest:
                seconds = durations.nearest(to: asked)
                message = "\(model) has \(durations) seconds; \(asked) was moved to \(seconds)"
            }
        }
        if let rate = generation.framesPerSecond, !(1...60).contains(rate) {
            faults.append(.init("/fps", "must be within 1…60"))
        }
        if generation.referenceImages.count > limits.referenceImages {
            faults.append(.init("/reference_images", "at most \(limits.referenceImages)"))
        }
        faults += webhookFaults(generation.webhookURL)
        guard faults.isEmpty else { throw ContentError.invalid(faults) }
        let template = generation.promptType.map(PromptTemplate.video)
        let render = RenderRequest(
            prompt: generation.prompt, instructions: template?.rendered(for: model), template: template?.label,
            sandboxFault: caller.sandboxFault,
            video: .init(
                durationSeconds: seconds, aspectRatio: generation.aspectRatio,
                framesPerSecond: generation.framesPerSecond, referenceImages: generation.referenceImages))
        return try await accept(
            caller, .video, model: model, render, durationSeconds: seconds, message: message,
            webhookURL: generation.webhookURL)
    }

    /// One transaction: the job, its first event, and the queued work.
    /// - Throws: `ContentError.engine` when no engine makes such content, `.tooManyJobs`.
    func accept(
        _ caller: Caller, _ type: Modality, model: String, _ render: RenderRequest, durationSeconds: Int?,
        message: String?, webhookURL: String?
    ) async throws -> ContentJob {
        do {
            try router.checkMakes(type, model: model, sandboxOnly: caller.isTest)
        } catch {
            throw ContentError.engine(error, attempts: [])
        }
        let now = surroundings.now()
        let job = ContentJob(
            id: newID(caller), tenant: caller.tenant, type: type, status: .pending, phase: .queued, progress: 0,
            model: model, isTest: caller.isTest, durationSeconds: durationSeconds, message: message,
            estimatedSeconds: Self.estimatedSeconds(type, durationSeconds), attempts: [],
            waitingBecause: "queued; no worker has taken it yet", webhookURL: webhookURL, createdAt: now, updatedAt: now
        )
        let state = RenderState(
            job: job, request: render, submissions: 0, fetches: 0, events: 1, deadline: nil,
            requestID: caller.requestID, traceparent: caller.traceparent)
        return try await database.write(as: caller.tenant) { [self] transaction in
            if caller.creationSuffix != nil, let first = try jobStore.find(caller.tenant, job.id, in: transaction) {
                return first.job
            }
            guard try jobStore.countOpen(caller.tenant, in: transaction) < limits.openJobs else {
                throw ContentError.tooManyJobs(limit: limits.openJobs)
            }
            try jobStore.insert(state, in: transaction)
            try enqueueRender(caller.tenant, job.id, at: nil, in: transaction)
            return job
        }
    }

    /// What providers usually take: a guess that is said to be one.
    private static func estimatedSeconds(_ type: Modality, _ durationSeconds: Int?) -> Int {
        type == .video ? 30 + 10 * (durationSeconds ?? 5) : 20
    }
}
