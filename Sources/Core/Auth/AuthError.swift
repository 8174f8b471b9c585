/// Why a credential isn't accepted, or can't be made. No description contains any part of a credential.
package enum AuthError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No credential was given: 401.
    case missing
    /// The credential isn't good, and why, in words that the client may read: 401.
    case invalid(String)
    /// The credential can't be checked at the moment, because the issuer's keys can't be had: 503.
    case unavailable(String)
    /// A key or a token that can't be made like that, and why: the caller's fault.
    case unacceptable(String)
    /// The tenant has as many API keys in use as it may have.
    case tooManyKeys(limit: Int)
    /// The tenant has no API key of that id: 404.
    case noSuchKey
    /// The API key that was to be made once more has been revoked since: 409.
    case alreadyRevoked
    /// The settings or a secret's file don't do; the program can't start like that.
    case misconfigured(String)

    package var description: String {
        switch self {
        case .missing: "no credential"
        case .invalid(let reason): "invalid credential: \(reason)"
        case .unavailable(let reason): "the credential can't be checked now: \(reason)"
        case .unacceptable(let reason): reason
        case .tooManyKeys(let limit): "the tenant has \(limit) API keys in use already"
        case .noSuchKey: "no such API key"
        case .alreadyRevoked: "the API key was made, and has been revoked since"
        case .misconfigured(let reason): reason
        }
    }

    /// Whether the same credential may be accepted later.
    package var isRetryable: Bool { if case .unavailable = self { true } else { false } }
}
