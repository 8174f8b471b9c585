import Egress
import HTTPTypes
import Logging
import Vocabulary

/// Calls servers of this machine.
final class WebClient: Sendable {
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    private let egress = Egress(
        limits: limits, surroundings: .system, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })

    /// A server that isn't ready yet is asked again and again.
    private static var limits: EgressLimits {
        var limits = EgressLimits()
        limits.breaker.failures = 1_000_000
        return limits
    }

    func close() async { await egress.shutdown() }

    func get(_ url: String, token: String? = nil) async throws -> Answer { try await send(.get, url, token: token) }

    func post(
        _ url: String, token: String, json: String, headers: [String: String] = [:]
    ) async throws -> Answer {
        try await send(.post, url, token: token, body: Array(json.utf8), more: headers)
    }

    private func send(
        _ method: HTTPRequest.Method, _ url: String, token: String?, body: [UInt8]? = nil, more: [String: String] = [:]
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        for (name, value) in more { if let name = HTTPField.Name(name) { headers[name] = value } }
        if let token { headers[.authorization] = "Bearer \(token)" }
        if body != nil { headers[.contentType] = "application/json" }
        let response = try await egress.send(
            EgressRequest(
                method, url, headers: headers, body: body, trust: .configured,
                deadlines: EgressDeadlines(firstByte: .seconds(60), whole: .seconds(60)), maximumBodySize: 64 << 20))
        return Answer(status: response.status, body: try await response.bytes())
    }
}

/// Runs `body` with a client that is closed afterwards.
func withWebClient<Result>(_ body: (WebClient) async throws -> Result) async throws -> Result {
    let client = WebClient()
    do {
        let result = try await body(client)
        await client.close()
        return result
    } catch {
        await client.close()
        throw error
    }
}
