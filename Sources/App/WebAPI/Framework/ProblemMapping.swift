import Auth
import Content
import Database
import Engines
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectStorage
import Tenants
import Vocabulary
import Webhooks

extension Problem {
    /// How long a client should wait before it asks again where nothing better is known.
    private static let pause: Duration = .seconds(5)

    /// What a client is told of an error, whichever room it comes from. What isn't known becomes a plain 500, with
    /// nothing of the error in it.
    package init(mapping error: any Error) {
        self =
            switch error {
            case let problem as Problem: problem
            case let error as ContentError: Problem(error)
            case let error as EngineError: Problem(error, attempts: [])
            case let error as RoutingError: Problem(error.error, attempts: error.attempts)
            case let error as AuthError: Problem(error)
            case let error as TenantsError: Problem(error)
            case let error as WebhookError: Problem(error)
            case let error as DatabaseError: Problem(error)
            case let error as ObjectStorageError: Problem(error)
            case let fault as JSONReader.Fault:
                Problem(.invalidJSON, "The body isn't JSON: \(fault.detail), at byte \(fault.offset).")
            case let error as HTTPError: Problem(error)
            case is NIOTooManyBytesError: Problem(.bodyTooLarge, "The body is larger than the limit.")
            case is CancellationError: Problem(.unavailable, "The server is stopping.").retryAfter(Self.pause)
            default: Problem(.internalError, "Something went wrong on our side.", cause: String(describing: error))
            }
    }

    private init(_ error: ContentError) {
        switch error {
        case .invalid(let faults):
            self.init(.invalidRequest, Self.sentence(for: faults), errors: faults)
        case .engine(let error, let attempts): self.init(error, attempts: attempts)
        case .jobNotFound(let id): self.init(.notFound, "There is no job \(Self.shown(id)).")
        case .assetNotFound(let id): self.init(.notFound, "There is no asset \(Self.shown(id)).")
        case .jobState(_, _, let detail): self.init(.conflict, detail)
        case .tooManyJobs(let limit):
            self = Problem(.tooManyJobs, "No more than \(limit) unfinished jobs at a time.").retryAfter(.seconds(30))
        }
    }

    private init(_ error: EngineError, attempts: [EngineAttempt]) {
        self.init(code: error.code.rawValue, status: error.code.clientStatus, detail: error.detail)
        isRetryable = error.code.isRetryable
        self.attempts = attempts
        cause = error.providerDetail
        if let wait = error.retryAfter {
            self = retryAfter(wait)
        } else if status == 429 || status == 503 {
            self = retryAfter(Self.pause)
        }
    }

    private init(_ error: AuthError) {
        switch error {
        case .missing:
            self = Problem(.unauthenticated, "A credential is needed: Authorization: Bearer <token or API key>.")
                .with(.wwwAuthenticate, "Bearer")
        case .invalid(let reason):
            self = Problem(.unauthenticated, "The credential isn't accepted: \(reason).")
                .with(.wwwAuthenticate, #"Bearer error="invalid_token""#)
        case .unavailable(let reason):
            self = Problem(.unavailable, "Credentials can't be checked now.", cause: reason).retryAfter(Self.pause)
        case .unacceptable(let reason): self.init(.invalidRequest, reason)
        case .tooManyKeys(let limit): self.init(.limitReached, "No more than \(limit) API keys in use at a time.")
        case .noSuchKey: self.init(.notFound, "There is no such API key.")
        case .alreadyRevoked: self.init(.conflict, "The API key was made, and has been revoked since.")
        case .misconfigured(let reason):
            self.init(.internalError, "Something went wrong on our side.", cause: reason)
        }
    }

    private init(_ error: TenantsError) {
        switch error {
        case .unknown: self.init(.tenantUnknown, "There is no tenant of the credential's name.")
        case .suspended: self.init(.tenantSuspended, "The tenant is suspended.")
        case .exists: self.init(.alreadyExists, "A tenant of that name exists.")
        }
    }

    private init(_ error: WebhookError) {
        switch error {
        case .endpointNotFound(let id): self.init(.notFound, "There is no webhook endpoint \(Self.shown(id)).")
        case .deliveryNotFound(let id): self.init(.notFound, "There is no webhook delivery \(Self.shown(id)).")
        case .endpointDisabled: self.init(.conflict, "The webhook endpoint is switched off.")
        case .invalidURL(let reason):
            self.init(.invalidRequest, "The address can't be used.", errors: [.init("/url", reason)])
        case .tooManyEndpoints(let limit):
            self.init(.limitReached, "No more than \(limit) webhook endpoints at a time.")
        }
    }

    private init(_ error: DatabaseError) {
        switch error.code {
        case .unavailable, .conflict:
            self = Problem(.unavailable, "The database can't be reached now.", cause: error.detail).retryAfter(
                Self.pause)
        case .unique, .foreignKey, .constraint, .newerSchema, .statement, .decoding, .misuse:
            self.init(.internalError, "Something went wrong on our side.", cause: error.description)
        }
    }

    private init(_ error: ObjectStorageError) {
        switch error {
        case .notFound: self.init(.notFound, "The file isn't there any more.")
        case .tooLarge: self.init(.bodyTooLarge, "The file is larger than the limit.")
        case .rangeNotSatisfiable(_, let size):
            self = Problem(.rangeNotSatisfiable, "The file has \(size) bytes.").with(.contentRange, "bytes */\(size)")
        case .unavailable(let reason):
            self = Problem(.unavailable, "The storage can't be reached now.", cause: reason).retryAfter(Self.pause)
        }
    }

    private init(_ error: HTTPError) {
        switch error.status.code {
        case 404: self.init(.notFound, "There is nothing at this address.")
        case 413: self.init(.bodyTooLarge, "The body is larger than the limit.")
        case let status where (400..<500).contains(status):
            self.init(code: Code.invalidRequest.rawValue, status: status, detail: "The request can't be understood.")
        default: self.init(.internalError, "Something went wrong on our side.", cause: error.description)
        }
    }

    /// One sentence that names the bad fields.
    static func sentence(for faults: [ContentError.Fault]) -> String {
        guard let first = faults.first, faults.count == 1 else { return "\(faults.count) fields are not valid." }
        return first.pointer.isEmpty ? "The body \(first.detail)." : "\(first.pointer) \(first.detail)."
    }

    /// What a client sent, fit to be said again.
    private static func shown(_ text: String) -> String { String(text.prefix(64)) }
}
