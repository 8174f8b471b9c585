import Egress
import FoundationEssentials
import HTTPTypes
import Vocabulary

/// Turns what a server or the network said into an `EngineError`: by the error's code first, for 429 means "wait" or
/// "never" and 400 means "wrong" or "refused for its content", and by the status where there is no code.
struct OpenAICompatibleError: Sendable {
    /// The name of the engine, for the sentence that the client gets.
    var engine: String
    var key: Secret?

    /// What the call was for: what an unanswered call means depends on it.
    enum Purpose: Sendable {
        case text, image, list, asset
    }

    // MARK: Answers

    /// - Parameter body: as far as it was read.
    func refusal(status: Int, headers: HTTPFields, body: [UInt8]) -> EngineError {
        let fault = (try? JSONDecoder().decode(ProviderRefusal.self, from: Data(body)))?.fault
        return refusal(status: status, headers: headers, fault: fault)
    }

    func refusal(status: Int, headers: HTTPFields = [:], fault: ProviderFault?) -> EngineError {
        let code = byCode(fault) ?? Self.byStatus(status)
        var wait = code == .providerRateLimited || code == .providerOverloaded ? Self.retryAfter(headers) : nil
        if fault?.code == "slow_down", wait == nil { wait = .seconds(30) }
        return EngineError(
            code, sentence(code), providerDetail: fault?.message.map(cut), httpStatus: status,
            providerCode: (fault?.code ?? fault?.type).map { String($0.prefix(100)) },
            providerRequestID: Self.requestID(headers), retryAfter: wait)
    }

    private func byCode(_ fault: ProviderFault?) -> EngineError.Code? {
        guard let fault else { return nil }
        switch fault.code {
        case "insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active":
            return .providerQuota
        case "rate_limit_exceeded", "slow_down": return .providerRateLimited
        case "moderation_blocked":
            return fault.moderation?.stage == "output" ? .contentBlockedOutput : .contentBlockedInput
        case "content_policy_violation", "content_filter": return .contentBlockedInput
        case "model_not_found": return .modelNotFound
        case "invalid_api_key": return .providerAuth
        case "server_error": return .providerError
        case "overloaded", "server_overloaded": return .providerOverloaded
        default: break
        }
        switch fault.type {
        case "insufficient_quota": return .providerQuota
        case "overloaded_error": return .providerOverloaded
        default: return nil
        }
    }

    /// Status 200 stands for an error inside of an answer that began well.
    private static func byStatus(_ status: Int) -> EngineError.Code {
        switch status {
        case 400, 405, 415, 422: .providerRejectedRequest
        case 401, 403: .providerAuth
        case 402: .providerQuota
        case 404: .modelNotFound
        case 408, 504: .providerTimeout
        case 410: .modelRetired
        case 413: .payloadTooLarge
        case 429: .providerRateLimited
        case 503, 529: .providerOverloaded
        default: .providerError
        }
    }

    /// `retry-after-ms`, or `retry-after` in seconds; at most an hour.
    static func retryAfter(_ headers: HTTPFields) -> Duration? {
        func value(_ name: String) -> Double? {
            HTTPField.Name(name).flatMap { headers[$0] }.flatMap(Double.init).flatMap { $0 >= 0 ? $0 : nil }
        }
        if let milliseconds = value("retry-after-ms") { return .milliseconds(min(milliseconds, 3_600_000)) }
        return value("retry-after").map { .seconds(min($0, 3_600)) }
    }

    static func requestID(_ headers: HTTPFields) -> String? {
        HTTPField.Name("x-request-id").flatMap { headers[$0] }.map { String($0.prefix(100)) }
    }

    /// An answer that isn't what it should be: no JSON, or not of that form.
    func notUnderstood(status: Int, headers: HTTPFields, _ body: [UInt8]) -> EngineError {
        let start = String(decoding: body.prefix(200), as: UTF8.self)
        return EngineError(
            .providerError, "the engine \(engine) gave an answer that makes no sense", providerDetail: cut(start),
            httpStatus: status, providerRequestID: Self.requestID(headers))
    }

    // MARK: No answer

    func failure(_ error: EgressError, for purpose: Purpose) -> EngineError {
        let code = Self.code(of: error, for: purpose)
        return EngineError(code, sentence(code), providerDetail: cut("\(error)"), retryAfter: error.retryAfter)
    }

    private static func code(of error: EgressError, for purpose: Purpose) -> EngineError.Code {
        if purpose == .asset { return .assetDownloadFailed }
        switch error.code {
        case .notSent, .addressRefused: return .connectionFailed
        case .circuitOpen: return .circuitOpen
        case .unknown, .deadlineExceeded: return .providerTimeout
        case .bodyTooLarge: return purpose == .image ? .generationFailed : .providerError
        // The picture was made and may be paid for; a text can be asked for again.
        case .truncated: return purpose == .image ? .providerTimeout : .providerError
        }
    }

    // MARK: Words

    /// Ours, never the provider's.
    func sentence(_ code: EngineError.Code) -> String {
        switch code {
        case .providerRejectedRequest: "the engine \(engine) refused the request as wrong"
        case .providerAuth: "the engine \(engine) doesn't accept our key"
        case .providerQuota: "our account at the engine \(engine) is used up"
        case .providerRateLimited: "the engine \(engine) limits our requests at the moment"
        case .providerOverloaded: "the engine \(engine) is overloaded"
        case .providerTimeout: "the engine \(engine) gave no answer in time"
        case .connectionFailed: "the engine \(engine) can't be reached"
        case .contentBlockedInput: "the prompt was refused for its content"
        case .contentBlockedOutput: "the result was refused for its content"
        case .generationFailed: "the engine \(engine) sent nothing that can be used"
        case .modelNotFound: "the engine \(engine) doesn't have the model"
        case .modelRetired: "the engine \(engine) no longer has the model"
        case .payloadTooLarge: "the request is too large for the engine \(engine)"
        case .circuitOpen: "the engine \(engine) is left alone for a while after its failures"
        case .streamInterrupted: "the engine \(engine) broke off in the middle of the text"
        case .assetDownloadFailed: "the image of the engine \(engine) couldn't be fetched"
        default: "the engine \(engine) failed"
        }
    }

    /// For the log: cut, without our key and without anything that looks like one.
    func cut(_ text: String) -> String {
        var text = String(text.prefix(500))
        if let key, !key.reveal().isEmpty { text = text.replacing(key.reveal(), with: "\(key)") }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        return words.map { $0.hasPrefix("sk-") ? "sk-…" : String($0) }.joined(separator: " ")
    }
}
