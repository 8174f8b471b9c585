/// What follows from a code, whichever engine it came from.
///
/// *Retry* is the same request at the same engine after a wait; *fallback* is the next engine of the route. Both only
/// while nothing was delivered and nothing was accepted upstream: after that, a repeat costs money.
extension EngineError.Code {
    /// The HTTP status that a client gets.
    package var clientStatus: Int {
        switch self {
        case .unsupportedParameter: 400
        case .modelNotFound, .jobNotFound: 404
        case .canceled: 409
        case .modelRetired, .assetExpired: 410
        case .payloadTooLarge: 413
        case .providerRejectedRequest, .contentBlockedInput, .contentBlockedOutput: 422
        case .providerRateLimited: 429
        case .providerAuth, .providerError, .submitUnknown, .connectionFailed, .generationFailed, .assetDownloadFailed,
            .streamInterrupted:
            502
        case .providerQuota, .providerOverloaded, .circuitOpen: 503
        case .providerTimeout: 504
        }
    }

    /// Whether the same engine may be asked the same thing again, after a wait.
    package var isRetryable: Bool {
        switch self {
        case .providerRateLimited, .providerOverloaded, .providerError, .connectionFailed, .generationFailed,
            .assetDownloadFailed:
            true
        case .unsupportedParameter, .providerRejectedRequest, .providerAuth, .providerQuota, .providerTimeout,
            .submitUnknown, .contentBlockedInput, .contentBlockedOutput, .modelNotFound, .modelRetired, .assetExpired,
            .payloadTooLarge, .jobNotFound, .canceled, .streamInterrupted, .circuitOpen:
            false
        }
    }

    /// Whether another engine may be asked instead. What was refused for its content is not shown to a second engine.
    /// A picture or a film whose create had no answer may be paid for already, so only text goes on after a timeout.
    package func allowsFallback(for modality: Modality) -> Bool {
        switch self {
        case .unsupportedParameter, .providerRejectedRequest, .providerAuth, .providerQuota, .providerRateLimited,
            .providerOverloaded, .providerError, .connectionFailed, .generationFailed, .modelNotFound, .modelRetired,
            .circuitOpen:
            true
        case .providerTimeout: modality == .text
        case .submitUnknown, .contentBlockedInput, .contentBlockedOutput, .assetExpired, .assetDownloadFailed,
            .payloadTooLarge, .jobNotFound, .canceled, .streamInterrupted:
            false
        }
    }

    /// Whether a create that ended so has certainly cost nothing and left nothing behind.
    package var isCertainlyNotSent: Bool { self == .connectionFailed || self == .circuitOpen }

    /// Whether the engine itself is in trouble, as opposed to the request: what its health is judged by.
    package var speaksAgainstEngine: Bool {
        switch self {
        case .providerAuth, .providerQuota, .providerOverloaded, .providerError, .providerTimeout, .submitUnknown,
            .connectionFailed, .streamInterrupted, .circuitOpen:
            true
        case .unsupportedParameter, .providerRejectedRequest, .providerRateLimited, .contentBlockedInput,
            .contentBlockedOutput, .generationFailed, .modelNotFound, .modelRetired, .assetExpired,
            .assetDownloadFailed, .payloadTooLarge, .jobNotFound, .canceled:
            false
        }
    }
}
