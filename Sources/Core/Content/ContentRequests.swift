import Engines
import FoundationEssentials
import Vocabulary
import Webhooks

// What the verbs share.
extension ContentService {
    func promptFaults(_ prompt: String) -> [ContentError.Fault] {
        if prompt.utf8.allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }) {
            return [.init("/prompt", "must not be empty")]
        }
        if prompt.utf8.count > limits.promptLength, prompt.unicodeScalars.count > limits.promptLength {
            return [.init("/prompt", "at most \(limits.promptLength) characters")]
        }
        return []
    }

    func webhookFaults(_ url: String?) -> [ContentError.Fault] {
        guard let url, !webhooks.isAcceptable(url) else { return [] }
        return [.init("/webhook_url", "must be an http or https URL without a user name, at most 2048 characters")]
    }

    func call(_ caller: Caller, _ modality: Modality) -> EngineCall {
        EngineCall(
            requestID: caller.requestID, deadline: surroundings.now() + router.limits.deadline(of: modality),
            sandboxFault: caller.sandboxFault, traceparent: caller.traceparent)
    }

    /// The id that the caller's idempotency key stands for, or a fresh one.
    func newID<Kind: IDKind>(_ caller: Caller) -> TypeID<Kind> {
        caller.creationSuffix.flatMap { TypeID("\(Kind.prefix)_\($0)") } ?? surroundings.newID()
    }

    func rethrowing<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as RoutingError {
            throw ContentError.engine(error.error, attempts: error.attempts)
        }
    }
}
