package import HTTPTypes
package import NIOCore
package import Vocabulary

/// What a handler answers.
package struct APIAnswer: Sendable {
    package enum Body: Sendable {
        case none
        case bytes(ByteBuffer)
        /// A body of known length that comes piece by piece.
        case stream(AsyncThrowingStream<ByteBuffer, any Error>, length: Int64)
        case events(EventSource)
    }

    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: Body

    package init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static let jsonType = "application/json"
    package static let problemType = "application/problem+json"

    package static func json(_ status: HTTPResponse.Status = .ok, _ bytes: ByteBuffer) -> APIAnswer {
        APIAnswer(status, headers: [.contentType: jsonType], body: .bytes(bytes))
    }

    /// A bare object.
    package static func object(
        _ status: HTTPResponse.Status = .ok, _ members: (inout JSONWriter) -> Void
    ) -> APIAnswer {
        json(status, JSONWriter.object(members))
    }

    /// `{"success": true, "data": {…}}`, the gateway's wrapper.
    package static func data(
        _ status: HTTPResponse.Status = .ok, _ members: (inout JSONWriter) -> Void
    ) -> APIAnswer {
        object(status) { writer in
            writer.member("success", true)
            writer.member("data", members)
        }
    }

    package static func text(_ text: String, type: String) -> APIAnswer {
        APIAnswer(.ok, headers: [.contentType: type], body: .bytes(ByteBuffer(string: text)))
    }

    package static func events(_ source: EventSource) -> APIAnswer {
        APIAnswer(.ok, headers: [.contentType: "text/event-stream; charset=utf-8"], body: .events(source))
    }

    package func with(_ name: HTTPField.Name, _ value: String) -> APIAnswer {
        var copy = self
        copy.headers[name] = value
        return copy
    }

    /// The problem as an answer.
    package init(_ problem: Problem, requestID: String) {
        status = HTTPResponse.Status(code: problem.status)
        headers = problem.headers
        headers[.contentType] = Self.problemType
        body = .bytes(problem.body(requestID: requestID))
    }
}
