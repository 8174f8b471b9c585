import HTTPTypes

/// Whether a call is made again after what came of it.
enum EgressRetry {
    /// - Returns: how long to wait before; nil when the call must not be made again.
    static func wait(
        after result: Result<EgressResponse, any Error>, method: HTTPRequest.Method, backoff: Duration
    ) -> Duration? {
        let isRepeatable = method == .get || method == .head
        switch result {
        case .success(let response):
            guard isRepeatable else { return nil }
            let asked = retryAfter(response)
            switch response.status {
            case 502, 504: return backoff
            case 503: return max(asked ?? backoff, backoff)
            case 429: return asked.map { max($0, backoff) }
            default: return nil
            }
        case .failure(let error as EgressError):
            switch error.code {
            case .notSent: return backoff
            case .unknown: return isRepeatable ? backoff : nil
            default: return nil
            }
        case .failure:
            return nil
        }
    }

    /// `Retry-After` in seconds. Its other form, a date, isn't used by the services that are called.
    private static func retryAfter(_ response: EgressResponse) -> Duration? {
        response.headers[.retryAfter].flatMap { Int64($0) }.flatMap { $0 >= 0 ? .seconds(min($0, 86_400)) : nil }
    }
}
