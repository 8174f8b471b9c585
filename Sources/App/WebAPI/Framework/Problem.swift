package import Content
package import Engines
package import HTTPTypes
package import NIOCore
import Vocabulary

/// An error as a client sees it: `application/problem+json` (RFC 9457).
package struct Problem: Error, Sendable {
    /// Stable, for programs. An engine's error keeps the engine's code.
    package var code: String
    package var status: Int
    package var detail: String
    /// One entry for each bad field.
    package var errors: [ContentError.Fault] = []
    /// Whether the same request may succeed later; nil where that makes no sense.
    package var isRetryable: Bool?
    package var attempts: [EngineAttempt] = []
    /// Headers that belong to the status: `Retry-After`, `Allow`, `WWW-Authenticate`.
    package var headers: HTTPFields = [:]
    /// For the log only.
    package var cause: String?

    package init(_ code: Code, _ detail: String, errors: [ContentError.Fault] = [], cause: String? = nil) {
        self.code = code.rawValue
        self.status = code.status
        self.detail = detail
        self.errors = errors
        self.isRetryable = code.isRetryable
        self.cause = cause
    }

    package init(code: String, status: Int, detail: String) {
        self.code = code
        self.status = status
        self.detail = detail
    }

    /// The codes that don't come from an engine.
    package enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case invalidRequest = "invalid_request"
        case invalidCursor = "invalid_cursor"
        case invalidIdempotencyKey = "invalid_idempotency_key"
        case unauthenticated
        case invalidSignature = "invalid_signature"
        case tenantMismatch = "tenant_mismatch"
        case tenantUnknown = "tenant_unknown"
        case tenantSuspended = "tenant_suspended"
        case forbidden
        case invalidLink = "invalid_link"
        case notFound = "not_found"
        case methodNotAllowed = "method_not_allowed"
        case requestTimeout = "request_timeout"
        case conflict
        case alreadyExists = "already_exists"
        case idempotencyInFlight = "idempotency_in_flight"
        case bodyTooLarge = "body_too_large"
        case unsupportedMediaType = "unsupported_media_type"
        case rangeNotSatisfiable = "range_not_satisfiable"
        case idempotencyKeyReused = "idempotency_key_reused"
        case limitReached = "limit_reached"
        case rateLimited = "rate_limited"
        case tooManyJobs = "too_many_jobs"
        case internalError = "internal_error"
        case overloaded
        case unavailable

        package var status: Int {
            switch self {
            case .invalidJSON, .invalidRequest, .invalidCursor, .invalidIdempotencyKey: 400
            case .unauthenticated, .invalidSignature: 401
            case .tenantMismatch, .tenantUnknown, .tenantSuspended, .forbidden, .invalidLink: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .requestTimeout: 408
            case .conflict, .alreadyExists, .idempotencyInFlight, .limitReached: 409
            case .bodyTooLarge: 413
            case .unsupportedMediaType: 415
            case .rangeNotSatisfiable: 416
            case .idempotencyKeyReused: 422
            case .rateLimited, .tooManyJobs: 429
            case .internalError: 500
            case .overloaded, .unavailable: 503
            }
        }

        package var isRetryable: Bool {
            switch self {
            case .requestTimeout, .idempotencyInFlight, .rateLimited, .tooManyJobs, .overloaded, .unavailable: true
            default: false
            }
        }
    }

    /// The code, for people.
    package var title: String {
        let words = code.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// The same with `Retry-After`, in whole seconds, at least one.
    package func retryAfter(_ wait: Duration) -> Problem {
        var copy = self
        copy.headers[.retryAfter] = String(max(1, Int(wait.fractionalSeconds.rounded(.up))))
        return copy
    }

    package func with(_ name: HTTPField.Name, _ value: String) -> Problem {
        var copy = self
        copy.headers[name] = value
        return copy
    }

    /// The document.
    package func body(requestID: String) -> ByteBuffer {
        JSONWriter.object { writer in
            writer.member("type", "/docs#problem-\(code)")
            writer.member("title", title)
            writer.member("status", status)
            writer.member("detail", detail)
            writer.member("code", code)
            writer.member("request_id", requestID)
            if let isRetryable { writer.member("retryable", isRetryable) }
            if !errors.isEmpty {
                writer.member("errors", each: errors) { writer, fault in
                    writer.object {
                        $0.member("pointer", fault.pointer)
                        $0.member("detail", fault.detail)
                    }
                }
            }
            if !attempts.isEmpty { writer.member("attempts", each: attempts) { $0.value($1) } }
        }
    }

    package static let schema = Schema.object(
        .required("type", .string(), "Leads to the description of the code."),
        .required("title", .string()),
        .required("status", .integer(400...599)),
        .required("detail", .string(), "What is wrong with this request, in words."),
        .required("code", .string(), "Stable, for programs."),
        .required("request_id", .string()),
        .optional("retryable", .boolean, "Whether the same request may succeed later."),
        .optional(
            "errors",
            .array(
                .object(
                    .required(
                        "pointer", .string(), "JSON pointer of the field in the body, or the name of a parameter."),
                    .required("detail", .string()))), "One entry for each bad field."),
        .optional("attempts", .array(EngineAttempt.schema), "The engines that were tried.")
    ).named("Problem")
}

extension EngineAttempt {
    static let schema = Schema.object(
        .required("engine", .string()),
        .required("model", .string()),
        .optional("code", .string(), "Why it had no result; null when it had one."),
        .optional("http_status", .integer()),
        .optional("provider_request_id", .string()),
        .required("started_at", .moment),
        .required("milliseconds", .integer())
    ).named("Attempt")
}

extension JSONWriter {
    mutating func value(_ attempt: EngineAttempt) {
        object { writer in
            writer.member("engine", attempt.engine)
            writer.member("model", attempt.model)
            writer.member("code", orNull: attempt.code?.rawValue)
            writer.member("http_status", orNull: attempt.httpStatus)
            writer.member("provider_request_id", orNull: attempt.providerRequestID)
            writer.member("started_at", attempt.startedAt)
            writer.member("milliseconds", attempt.milliseconds)
        }
    }
}
