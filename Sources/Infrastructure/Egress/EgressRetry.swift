import HTTPTypes
import Vocabulary

/// Whether a call is made again after what came of it.
enum EgressRetry {
    /// - Returns: how long to wait before; nil when the call must not be made again.
    static func wait(
        after result: Result<EgressResponse, any Error>, method: HTTPRequest.Method, backoff: Duration,
        at now: Timestamp
    ) -> Duration? {
        let isRepeatable = method == .get || method == .head
        switch result {
        case .success(let response):
            guard isRepeatable else { return nil }
            let asked = response.headers[.retryAfter].flatMap { retryAfter($0, at: now) }
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

    /// The wait that `Retry-After` asks for, in seconds or until a date; at most a day. A date in the past is no wait.
    static func retryAfter(_ text: String, at now: Timestamp) -> Duration? {
        let longest = Duration.seconds(86_400)
        if let seconds = Int64(text) { return seconds >= 0 ? min(.seconds(seconds), longest) : nil }
        return date(text).map { min(max($0 - now, .zero), longest) }
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the form of a date that senders must use (RFC 9110, 5.6.7).
    private static func date(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","), parts[5] == "GMT",
            let month = months.firstIndex(of: parts[2])
        else { return nil }
        return Timestamp("\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
