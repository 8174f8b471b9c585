import Database
package import Engines
import FoundationEssentials
import Vocabulary

extension ContentService {
    /// Makes a text, whole. Its record is on disk when this returns.
    /// - Throws: `ContentError.invalid`, `.engine`.
    package func generateText(_ caller: Caller, _ generation: TextGeneration) async throws -> TextRecord {
        let template = generation.promptType.map(PromptTemplate.text)
        return try await makeText(caller, generation, template)
    }

    /// Makes a text piece by piece. The last event is the whole record, which is then on disk.
    /// - Throws: `ContentError.invalid`, `.engine`; the stream throws `ContentError.engine`.
    package func streamText(
        _ caller: Caller, _ generation: TextGeneration
    ) async throws -> AsyncThrowingStream<TextStreamEvent, any Error> {
        let template = generation.promptType.map(PromptTemplate.text)
        let request = try textRequest(generation, template)
        let routed = try await rethrowing {
            try await router.textStream(request, call(caller, .text), sandboxOnly: caller.isTest)
        }
        let piece = TextStreamRelay(events: routed.value)
        return AsyncThrowingStream {
            switch try await piece.next() {
            case nil: return nil
            case .delta(let text)?: return .delta(text)
            case .finished(let result)?:
                let whole = Routed(
                    value: result, engine: routed.engine, servedBy: routed.servedBy, attempts: routed.attempts)
                return .done(try await record(whole, caller, generation, request, template))
            }
        }
    }

    /// Rewrites a prompt so that a model makes what its author means.
    /// - Parameter contentType: what the prompt is for.
    package func improvePrompt(
        _ caller: Caller, prompt: String, contentType: Modality, model: String?
    ) async throws -> TextRecord {
        let generation = TextGeneration(prompt: prompt, model: model, promptType: .promptImprover)
        return try await makeText(caller, generation, .improving(contentType.rawValue))
    }

    private func makeText(
        _ caller: Caller, _ generation: TextGeneration, _ template: PromptTemplate?
    ) async throws -> TextRecord {
        let request = try textRequest(generation, template)
        let routed = try await rethrowing {
            try await router.text(request, call(caller, .text), sandboxOnly: caller.isTest)
        }
        return try await record(routed, caller, generation, request, template)
    }

    private func textRequest(_ generation: TextGeneration, _ template: PromptTemplate?) throws -> TextRequest {
        var faults = promptFaults(generation.prompt)
        if !(1...4000).contains(generation.maximumTokens) {
            faults.append(.init("/max_tokens", "must be within 1…4000"))
        }
        if !(0...2).contains(generation.temperature) { faults.append(.init("/temperature", "must be within 0…2")) }
        guard faults.isEmpty else { throw ContentError.invalid(faults) }
        let model = generation.model ?? router.catalogue.defaultModel(for: .text)
        return TextRequest(
            model: model, system: template?.rendered(for: model), prompt: try promptWithContext(generation),
            maximumTokens: generation.maximumTokens, temperature: generation.temperature)
    }

    private func promptWithContext(_ generation: TextGeneration) throws -> String {
        switch generation.context {
        case nil, .null?: return generation.prompt
        case .string(let text)?: return "Context:\n\(text)\n\n\(generation.prompt)"
        case let context?:
            let json = String(decoding: try JSONEncoder().encode(context), as: UTF8.self)
            return "Context:\n\(json)\n\n\(generation.prompt)"
        }
    }

    private func record(
        _ routed: Routed<TextResult>, _ caller: Caller, _ generation: TextGeneration, _ request: TextRequest,
        _ template: PromptTemplate?
    ) async throws -> TextRecord {
        let usage = routed.value.usage
        let record = TextRecord(
            id: newID(caller), content: routed.value.content, model: request.model, servedBy: routed.servedBy,
            engine: routed.engine, tenant: caller.tenant, usage: usage, finishReason: routed.value.finishReason,
            cost: router.cost(of: usage, engine: routed.engine, model: routed.servedBy),
            createdAt: surroundings.now(), attempts: routed.attempts)
        let row = GenerationRow(
            record, type: .text, isTest: caller.isTest, template: template?.label, metadata: generation.metadata,
            requestID: caller.requestID)
        try await database.write(as: caller.tenant) { try row.insert(in: $0) }
        return record
    }
}

/// The engine's events, one at a time, with errors in this room's words.
private struct TextStreamRelay: Sendable {
    private let source: PulledStream<TextEvent>

    init(events: AsyncThrowingStream<TextEvent, any Error>) { source = PulledStream(events) }

    func next() async throws -> TextEvent? {
        do {
            return try await source.next()
        } catch let error as EngineError {
            throw ContentError.engine(error, attempts: [])
        }
    }
}
