import FoundationEssentials
import HTTPTypes
import NIOHTTP1

/// What following a redirect means.
enum EgressRedirect {
    /// - Returns: where the answer sends the caller; nil when it is no redirect.
    static func location(of response: EgressResponse) -> String? {
        switch response.status {
        case 301, 302, 303, 307, 308: response.headers[.location]
        default: nil
        }
    }

    /// - Throws: `EgressError` with `.addressRefused` when the target can't be read, or gives up TLS.
    static func target(_ location: String, from url: EgressURL) throws(EgressError) -> String {
        guard location.utf8.count <= EgressURL.maximumLength, let base = URL(string: url.text),
            let target = URL(string: location, relativeTo: base)?.absoluteString
        else { throw EgressError(.addressRefused, "redirect to a URL that can't be read") }
        if url.isSecure, !target.lowercased().hasPrefix("https://") {
            throw EgressError(.addressRefused, "redirect from https to something else")
        }
        return target
    }

    /// Only what says nothing about who asks goes to another origin.
    static func headersForAnotherOrigin(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(headers.filter { harmless.contains($0.name.lowercased()) })
    }

    private static let harmless: Set<String> = [
        "accept", "accept-encoding", "accept-language", "range", "if-none-match", "if-modified-since", "user-agent",
    ]
}
