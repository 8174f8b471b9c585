import Auth
import Content
import Database
import Engines
import HTTPTypes
import NIOCore
import ObjectStorage
import Tenants
import Testing
import Vocabulary
import WebAPI
import Webhooks

@Suite("Problems")
struct ProblemTests {
    private struct Surprise: Error {}

    private func check(_ error: any Error, _ status: Int, _ code: String, retryAfter: Bool = false) {
        let problem = Problem(mapping: error)
        #expect(problem.status == status && problem.code == code, "\(error)")
        #expect((problem.headers[.retryAfter] != nil) == retryAfter, "\(error)")
    }

    @Test("every room's error has its status and code")
    func mapping() throws {
        let tenant = try #require(TenantID("a"))
        let key = try #require(ObjectKey(tenant: tenant, category: .images, file: "x.png"))
        let job = try #require(ContentJobID("job_01h455vb4pex5vsknk084sn02q"))
        check(ContentError.invalid([.init("/a", "is bad")]), 400, "invalid_request")
        check(ContentError.jobNotFound("x"), 404, "not_found")
        check(ContentError.assetNotFound("x"), 404, "not_found")
        check(ContentError.jobState(job, status: .completed, detail: "no"), 409, "conflict")
        check(ContentError.tooManyJobs(limit: 1), 429, "too_many_jobs", retryAfter: true)
        check(AuthError.missing, 401, "unauthenticated")
        check(AuthError.invalid("x"), 401, "unauthenticated")
        check(AuthError.unavailable("x"), 503, "unavailable", retryAfter: true)
        check(AuthError.unacceptable("x"), 400, "invalid_request")
        check(AuthError.tooManyKeys(limit: 1), 409, "limit_reached")
        check(AuthError.noSuchKey, 404, "not_found")
        check(AuthError.alreadyRevoked, 409, "conflict")
        check(AuthError.misconfigured("x"), 500, "internal_error")
        check(TenantsError.unknown, 403, "tenant_unknown")
        check(TenantsError.suspended, 403, "tenant_suspended")
        check(TenantsError.exists, 409, "already_exists")
        check(WebhookError.endpointNotFound("x"), 404, "not_found")
        check(WebhookError.deliveryNotFound("x"), 404, "not_found")
        check(WebhookError.invalidURL("x"), 400, "invalid_request")
        check(WebhookError.tooManyEndpoints(limit: 1), 409, "limit_reached")
        check(WebhookError.endpointDisabled("x"), 409, "conflict")
        check(DatabaseError(.unavailable, "x"), 503, "unavailable", retryAfter: true)
        check(DatabaseError(.conflict, "x"), 503, "unavailable", retryAfter: true)
        check(DatabaseError(.statement, "x"), 500, "internal_error")
        check(ObjectStorageError.notFound(key), 404, "not_found")
        check(ObjectStorageError.tooLarge(key, limit: 1), 413, "body_too_large")
        check(ObjectStorageError.rangeNotSatisfiable(key, size: 1), 416, "range_not_satisfiable")
        check(ObjectStorageError.unavailable("x"), 503, "unavailable", retryAfter: true)
        check(NIOTooManyBytesError(maxBytes: 1), 413, "body_too_large")
        check(CancellationError(), 503, "unavailable", retryAfter: true)
        check(Surprise(), 500, "internal_error")
    }

    @Test("every engine's code keeps its name and gets the taxonomy's status", arguments: EngineError.Code.allCases)
    func engines(_ code: EngineError.Code) {
        let attempt = EngineAttempt(
            engine: "e", model: "m", code: code, startedAt: Timestamp(seconds: 0), milliseconds: 1)
        let error = EngineError(code, "our words", providerDetail: "their words sk-123")
        let problem = Problem(mapping: ContentError.engine(error, attempts: [attempt]))
        #expect(problem.code == code.rawValue && problem.status == code.clientStatus)
        #expect(problem.attempts.count == 1 && problem.isRetryable == code.isRetryable)
        let text = String(buffer: problem.body(requestID: "r"))
        #expect(text.contains("our words") && !text.contains("sk-123"))
        #expect((problem.headers[.retryAfter] != nil) == [429, 503].contains(problem.status))
    }

    @Test("a 500 tells nothing of its cause, and keeps it for the log")
    func nothingLeaks() {
        let problem = Problem(mapping: DatabaseError(.statement, "no such table: secrets"))
        #expect(!String(buffer: problem.body(requestID: "r")).contains("secrets"))
        #expect(problem.cause?.contains("secrets") == true)
    }
}
