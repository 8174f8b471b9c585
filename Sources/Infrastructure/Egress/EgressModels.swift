package import HTTPTypes
package import NIOCore

/// Who named the address that is called.
package enum EgressTrust: Sendable, Hashable {
    /// The operator, in the settings: any address, loopback too. Redirects are not followed.
    case configured
    /// A tenant or a provider: public addresses only, checked on the connected socket, and again at each redirect;
    /// besides those, the networks of `EgressLimits.allowedNetworks`.
    case foreign
}

/// How long the parts of a call may take.
package struct EgressDeadlines: Sendable, Hashable {
    package var connect: Duration
    /// From the start to the head of the answer.
    package var firstByte: Duration
    /// From the start to the end of the answer's body.
    package var whole: Duration

    package init(connect: Duration = .seconds(5), firstByte: Duration, whole: Duration) {
        self.connect = connect
        self.firstByte = firstByte
        self.whole = whole
    }
}

/// A call to be made.
package struct EgressRequest: Sendable {
    package var method: HTTPRequest.Method
    package var url: String
    package var headers: HTTPFields
    package var body: [UInt8]?
    package var trust: EgressTrust
    package var deadlines: EgressDeadlines
    /// Of the answer, in bytes; more is an error.
    package var maximumBodySize: Int64
    /// How many redirects are followed; GET only.
    package var maximumRedirects: Int
    /// How often the call is made at most. A second time only after `.notSent`, and after `.unknown` or a 502, 503 or
    /// 504 when the method is GET or HEAD.
    package var maximumAttempts: Int

    package init(
        _ method: HTTPRequest.Method, _ url: String, headers: HTTPFields = [:], body: [UInt8]? = nil,
        trust: EgressTrust,
        deadlines: EgressDeadlines, maximumBodySize: Int64, maximumRedirects: Int = 0, maximumAttempts: Int = 1
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.trust = trust
        self.deadlines = deadlines
        self.maximumBodySize = maximumBodySize
        self.maximumRedirects = maximumRedirects
        self.maximumAttempts = maximumAttempts
    }
}

/// The head of an answer, and its body as it comes.
package struct EgressResponse: Sendable {
    package var status: Int
    package var headers: HTTPFields
    /// Throws `EgressError` with `.bodyTooLarge`, `.truncated` (the connection ended before the announced length) or
    /// `.deadlineExceeded`. To a task that is cancelled it just ends, as every such stream does: who keeps what came
    /// must ask for cancellation at the end.
    package var body: AsyncThrowingStream<ByteBuffer, any Error>

    package init(status: Int, headers: HTTPFields, body: AsyncThrowingStream<ByteBuffer, any Error>) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The whole body. The cap of the request holds.
    package func bytes() async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await var chunk in body { all += chunk.readBytes(length: chunk.readableBytes) ?? [] }
        try Task.checkCancellation()
        return all
    }
}
