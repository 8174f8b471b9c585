import Egress
import FoundationEssentials
import HTTPTypes
import NIOCore
import Vocabulary

/// The calls of an OpenAI-compatible server: addresses, key, deadlines, and errors as `EngineError`.
struct OpenAICompatibleClient: Sendable {
    let errors: OpenAICompatibleError
    let egress: Egress
    let surroundings: Surroundings
    /// Ends without a slash: `https://api.openai.com/v1`.
    private let base: String
    private let headers: HTTPFields
    private let authorization: HTTPFields
    private static let traceparent = HTTPField.Name("traceparent")

    init(engine: String, baseURL: String, key: Secret?, egress: Egress, surroundings: Surroundings) {
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        self.egress = egress
        self.surroundings = surroundings
        errors = OpenAICompatibleError(engine: engine, key: key)
        authorization = key.map { [.authorization: "Bearer \($0.reveal())"] } ?? [:]
        var headers = authorization
        headers[.contentType] = "application/json"
        self.headers = headers
    }

    /// Posts JSON and hands out the answer whose status is 2xx.
    /// - Throws: `EngineError`.
    func post(
        _ path: String, _ json: [UInt8], accept: String = "application/json", cap: Int, _ call: EngineCall,
        for purpose: OpenAICompatibleError.Purpose
    ) async throws -> EgressResponse {
        var fields = headers
        fields[.accept] = accept
        if let name = Self.traceparent, let trace = call.traceparent { fields[name] = trace }
        let request = EgressRequest(
            .post, base + path, headers: fields, body: json, trust: .configured, deadlines: try deadlines(call),
            maximumBodySize: Int64(cap))
        return try await send(request, for: purpose)
    }

    /// Posts JSON and reads the answer as `Answer`.
    /// - Parameter plain: a quicker way to read what it understands.
    /// - Throws: `EngineError`, also for an answer that says it is an error despite its status.
    func answer<Answer: Decodable>(
        _ type: Answer.Type, to path: String, _ json: [UInt8], cap: Int, _ call: EngineCall,
        for purpose: OpenAICompatibleError.Purpose, plain: (_ bytes: [UInt8]) -> Answer? = { _ in nil }
    ) async throws -> (answer: Answer, requestID: String?) {
        let response = try await post(path, json, cap: cap, call, for: purpose)
        let bytes = try await read(response, for: purpose)
        guard let answer = plain(bytes) ?? (try? JSONDecoder().decode(type, from: Data(bytes))) else {
            throw errors.notUnderstood(status: response.status, headers: response.headers, bytes)
        }
        return (answer, OpenAICompatibleError.requestID(response.headers))
    }

    /// The ids of `GET /models`.
    func models(_ call: EngineCall) async throws -> [String] {
        let request = EgressRequest(
            .get, base + "/models", headers: authorization, trust: .configured, deadlines: try deadlines(call),
            maximumBodySize: 4 << 20, maximumAttempts: 2)
        let response = try await send(request, for: .list)
        let bytes = try await read(response, for: .list)
        guard let answer = try? JSONDecoder().decode(ModelsAnswer.self, from: Data(bytes)) else {
            throw errors.notUnderstood(status: response.status, headers: response.headers, bytes)
        }
        return answer.data.map(\.id)
    }

    /// Whether `GET /models` has an answer of any status.
    func isReachable(_ call: EngineCall) async -> Bool {
        guard let deadlines = try? deadlines(call) else { return false }
        let request = EgressRequest(
            .get, base + "/models", headers: authorization, trust: .configured, deadlines: deadlines,
            maximumBodySize: 4 << 20, maximumAttempts: 1)
        return (try? await egress.send(request)) != nil
    }

    /// An image that the answer names by its address. Our key goes to our own server and nowhere else; any other
    /// address must be public.
    func asset(_ address: String, cap: Int, _ call: EngineCall) async throws -> MediaStream {
        let url = address.hasPrefix("/") ? origin(base) + address : address
        let isOurs = origin(url) == origin(base)
        let request = EgressRequest(
            .get, url, headers: isOurs ? authorization : [:], trust: isOurs ? .configured : .foreign,
            deadlines: try deadlines(call), maximumBodySize: Int64(cap), maximumRedirects: isOurs ? 0 : 3,
            maximumAttempts: 3)
        let response: EgressResponse
        do {
            response = try await egress.send(request)
        } catch let error as EgressError {
            throw errors.failure(error, for: .asset)
        }
        guard response.status == 200 else {
            throw EngineError(
                .assetDownloadFailed, errors.sentence(.assetDownloadFailed), httpStatus: response.status)
        }
        let chunks = PulledStream(response.body)
        let errors = errors
        let body = AsyncThrowingStream<ByteBuffer, any Error> {
            do {
                return try await chunks.next()
            } catch let error as EgressError {
                throw errors.failure(error, for: .asset)
            }
        }
        return MediaStream(
            contentType: response.headers[.contentType], length: response.headers[.contentLength].flatMap { Int64($0) },
            body: body)
    }

    private func send(
        _ request: EgressRequest, for purpose: OpenAICompatibleError.Purpose
    ) async throws -> EgressResponse {
        let response: EgressResponse
        do {
            response = try await egress.send(request)
        } catch let error as EgressError {
            throw errors.failure(error, for: purpose)
        }
        guard !(200..<300).contains(response.status) else { return response }
        // What a refusal says is a help for the log; the status alone decides when it can't be read.
        let body = (try? await response.bytes()) ?? []
        throw errors.refusal(status: response.status, headers: response.headers, body: body)
    }

    private func read(
        _ response: EgressResponse, for purpose: OpenAICompatibleError.Purpose
    ) async throws -> [UInt8] {
        do {
            return try await response.bytes()
        } catch let error as EgressError {
            throw errors.failure(error, for: purpose)
        }
    }

    private func deadlines(_ call: EngineCall) throws -> EgressDeadlines {
        let left = call.deadline - surroundings.now()
        guard left > .zero else { throw EngineError(.providerTimeout, errors.sentence(.providerTimeout)) }
        return EgressDeadlines(connect: min(.seconds(5), left), firstByte: left, whole: left)
    }

    /// `scheme://host:port` of an address, in lower case.
    private func origin(_ url: String) -> String {
        guard let scheme = url.firstRange(of: "://") else { return "" }
        let end = url[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? url.endIndex
        return url[..<end].lowercased()
    }
}
