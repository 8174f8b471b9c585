import Database
package import Engines
import FoundationEssentials
import Vocabulary

extension ContentService {
    /// Makes a text, whole. Its record is on disk when this returns.
    /// - Throws: `ContentError.invalid`, `.engine`.
    package func generateText(_ caller: Caller, _ generation: TextGeneration) async throws -> TextRecord {
        try await make(try order(caller, generation, generation.promptType.map(PromptTemplate.text)))
    }

    /// Rewrites a prompt so that a model makes what its author means.
    /// - Parameter contentType: what the prompt is for.
    package func improvePrompt(
        _ caller: Caller, prompt: String, contentType: Modality, model: String?
    ) async throws -> TextRecord {
        let generation = TextGeneration(prompt: prompt, model: model, promptType: .promptImprover)
        return try await make(try order(caller, generation, .improving(contentType.rawValue)))
    }

    /// Makes a text piece by piece. The last event is the whole record, which is then on disk.
    /// - Throws: `ContentError.invalid`, `.engine`; the stream throws `ContentError.engine`.
    package func streamText(
        _ caller: Caller, _ generation: TextGeneration
    ) async throws -> AsyncThrowingStream<TextStreamEvent, any Error> {
        let order = try order(caller, generation, generation.promptType.map(PromptTemplate.text))
        let routed = try await rethrowing {
            try await router.textStream(order.request, call(caller, .text), sandboxOnly: caller.isTest)
        }
        // Whoever leaves before the end has had a text all the same.
        let opening = GenerationRow(
            opening: order.id, caller.tenant, model: order.request.model, routed: (routed.engine, routed.servedBy),
            isTest: caller.isTest, template: order.template?.label, metadata: generation.metadata,
            requestID: caller.requestID, at: surroundings.now())
        try await database.write(as: caller.tenant) { try opening.write(in: $0) }
        let pieces = TextStreamRelay(events: routed.value)
        return AsyncThrowingStream {
            switch try await pieces.next() {
            case nil: return nil
            case .delta(let text)?: return .delta(text)
            case .finished(let result)?:
                let whole = Routed(
                    value: result, engine: routed.engine, servedBy: routed.servedBy, attempts: routed.attempts)
                return .done(try await record(whole, of: order))
            }
        }
    }

    private func make(_ order: TextOrder) async throws -> TextRecord {
        let routed = try await rethrowing {
            try await router.text(order.request, call(order.caller, .text), sandboxOnly: order.caller.isTest)
        }
        return try await record(routed, of: order)
    }

    private func order(
        _ caller: Caller, _ generation: TextGeneration, _ template: PromptTemplate?
    ) throws -> TextOrder {
        var faults = promptFaults(generation.prompt)
        if !(1...4000).contains(generation.maximumTokens) {
            faults.append(.init("/max_tokens", "must be within 1…4000"))
        }
        if !(0...2).contains(generation.temperature) { faults.append(.init("/temperature", "must be within 0…2")) }
        guard faults.isEmpty else { throw ContentError.invalid(faults) }
        let model = generation.model ?? router.catalogue.defaultModel(for: .text)
        let request = TextRequest(
            model: model, system: template?.rendered(for: model), prompt: try promptWithContext(generation),
            maximumTokens: generation.maximumTokens, temperature: generation.temperature)
        return TextOrder(
            id: newID(caller), caller: caller, request: request, template: template, metadata: generation.metadata)
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

    private func record(_ routed: Routed<TextResult>, of order: TextOrder) async throws -> TextRecord {
        let usage = routed.value.usage
        let record = TextRecord(
            id: order.id, content: routed.value.content, model: order.request.model, servedBy: routed.servedBy,
            engine: routed.engine, tenant: order.caller.tenant, usage: usage, finishReason: routed.value.finishReason,
            cost: router.cost(of: usage, engine: routed.engine, model: routed.servedBy),
            createdAt: surroundings.now(), attempts: routed.attempts)
        let row = GenerationRow(
            record, type: .text, isTest: order.caller.isTest, template: order.template?.label,
            metadata: order.metadata, requestID: order.caller.requestID)
        try await database.write(as: order.caller.tenant) { try row.write(in: $0) }
        return record
    }
}

/// A text to be made, checked and put together.
private struct TextOrder: Sendable {
    var id: GenerationID
    var caller: Caller
    var request: TextRequest
    var template: PromptTemplate?
    var metadata: JSONValue?
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
