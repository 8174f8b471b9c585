/// Why an engine has no result: one taxonomy for all providers. What a client is told follows from the code.
package struct EngineError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable, Codable {
        /// The model doesn't have what was asked (duration, size, ratio).
        case unsupportedParameter = "unsupported_parameter"
        /// We sent it, and the provider says that it is wrong.
        case providerRejectedRequest = "provider_rejected_request"
        case providerAuth = "provider_auth"
        case providerQuota = "provider_quota"
        case providerRateLimited = "provider_rate_limited"
        case providerOverloaded = "provider_overloaded"
        case providerError = "provider_error"
        case providerTimeout = "provider_timeout"
        /// A create without an answer: it may cost money already.
        case submitUnknown = "submit_unknown"
        /// Nothing was sent.
        case connectionFailed = "connection_failed"
        case contentBlockedInput = "content_blocked_input"
        case contentBlockedOutput = "content_blocked_output"
        /// Produced and unusable: empty, corrupt, of another kind.
        case generationFailed = "generation_failed"
        case modelNotFound = "model_not_found"
        case modelRetired = "model_retired"
        case assetExpired = "asset_expired"
        case assetDownloadFailed = "asset_download_failed"
        case payloadTooLarge = "payload_too_large"
        case jobNotFound = "job_not_found"
        case canceled
        /// The answer broke off after part of it was delivered.
        case streamInterrupted = "stream_interrupted"
        case circuitOpen = "circuit_open"
    }

    package var code: Code
    /// For the client: our words, never the provider's.
    package var detail: String
    /// For the log: the provider's words, cut, without secrets.
    package var providerDetail: String?
    package var httpStatus: Int?
    package var providerCode: String?
    package var providerRequestID: String?
    package var retryAfter: Duration?

    package init(
        _ code: Code, _ detail: String, providerDetail: String? = nil, httpStatus: Int? = nil,
        providerCode: String? = nil,
        providerRequestID: String? = nil, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.detail = detail
        self.providerDetail = providerDetail
        self.httpStatus = httpStatus
        self.providerCode = providerCode
        self.providerRequestID = providerRequestID
        self.retryAfter = retryAfter
    }

    package var description: String { "engine: \(code.rawValue): \(detail)" }
}
