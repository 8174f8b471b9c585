import Auth
import Egress
import Engines
import FoundationEssentials
import HTTPTypes
import NIOCore
import Server
import Vocabulary

/// A member of a request's body; absent when it has no value.
struct JSONMember {
    var value: JSONValue?

    static func text(_ text: String) -> JSONMember { JSONMember(value: .string(text)) }
    static func optional(_ text: String?) -> JSONMember { JSONMember(value: text.map(JSONValue.string)) }
    static func optional(_ number: Int?) -> JSONMember { JSONMember(value: number.map { .int(Int64($0)) }) }
    static func flag(_ flag: Bool) -> JSONMember { JSONMember(value: .bool(flag)) }
}

/// Calls the API of a running server.
struct APIClient {
    /// Besides the server's own deadline, for the way there and back.
    private static let margin: Duration = .seconds(30)
    /// Of an answer that isn't a file, in bytes.
    private static let mostJSON: Int64 = 16 << 20
    /// Of a file, in bytes: more than the server keeps.
    private static let mostFile: Int64 = 64 << 30

    /// How long the server takes at most, by its settings here.
    let textDeadline: Duration
    let imageDeadline: Duration
    let videoDeadline: Duration
    private let egress: Egress
    private let base: String
    private let credential: String

    /// - Throws: `CommandFailure` when there is no credential.
    init(_ settings: ServerSettings) throws {
        textDeadline = settings.engineLimits.textDeadline
        imageDeadline = settings.engineLimits.imageDeadline
        videoDeadline = settings.engineLimits.videoDeadline
        base = settings.clientURL ?? settings.localBase(port: settings.port)
        credential = try Self.credential(settings, base: base)
        egress = Egress(limits: settings.egress, surroundings: .system, logger: .commands)
    }

    func close() async { await egress.shutdown() }

    /// As given; else made for the test tenant, but only for a server of this machine.
    private static func credential(_ settings: ServerSettings, base: String) throws -> String {
        if let token = settings.clientToken { return token.reveal() }
        let secrets = GeneratedSecrets(dataFolder: settings.dataFolder, surroundings: .system)
        let isOurs = base == settings.localBase(port: settings.port) || isLoopback(base)
        guard isOurs, settings.auth.jwtSecret != nil || secrets.hasToken, let tenant = TenantID(Banner.tenantName)
        else {
            throw CommandFailure(
                "There is no credential for \(base): give one with --token or ATELIER_TOKEN. "
                    + "`atelier token --tenant NAME` makes one.")
        }
        let issuer = try TokenIssuer(settings: try secrets.complete(settings.auth), surroundings: .system)
        return try issuer.mint(tenant: tenant, subject: "command-line", roles: [.member], ttl: .seconds(3_600))
    }

    private static func isLoopback(_ base: String) -> Bool {
        ["127.0.0.1", "localhost", "[::1]"].contains { host in
            base == "http://\(host)" || base.hasPrefix("http://\(host):") || base.hasPrefix("http://\(host)/")
        }
    }

    // MARK: Calls

    /// The `data` of an answer.
    func get(_ path: String) async throws -> JSONValue {
        try await data(of: try await send(.get, path, patience: .seconds(10)))
    }

    /// The `data` of an answer.
    /// - Parameter patience: the server's own deadline for it.
    func post(_ path: String, _ members: [String: JSONMember], patience: Duration) async throws -> JSONValue {
        try await data(of: try await send(.post, path, members, patience: patience))
    }

    /// The events of an answer, as they come.
    func events(
        _ path: String, _ members: [String: JSONMember], patience: Duration
    ) async throws -> AsyncThrowingStream<ServerSentEvent, any Error> {
        egress.events(try await send(.post, path, members, patience: patience))
    }

    /// Writes the bytes of an asset to a file, which is there when it is whole.
    /// - Throws: `CommandFailure` that says how to fetch it later.
    func download(asset: String, of job: String? = nil, to path: String) async throws {
        do {
            try await fetch(asset, to: path)
        } catch let error as CommandFailure {
            let origin = job.map { " of job \($0)" } ?? ""
            throw CommandFailure(
                "\(error.message) The asset \(asset)\(origin) is made: GET /v1/content/assets/\(asset)/content has it.",
                code: error.code)
        }
    }

    private func fetch(_ asset: String, to path: String) async throws {
        let response = try await send(
            .get, "/v1/content/assets/\(asset)/content", patience: videoDeadline,
            most: Self.mostFile)
        let file = try OutputFile(path)
        do {
            for try await chunk in response.body { try file.write(Array(buffer: chunk)) }
            // A body ends early without an error when its reader is cancelled.
            try Task.checkCancellation()
            try file.commit()
        } catch {
            file.discard()
            throw error is EgressError ? CommandFailure("The file didn't come whole: \(error)") : error
        }
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ members: [String: JSONMember]? = nil, patience: Duration,
        most: Int64 = Self.mostJSON
    ) async throws -> EgressResponse {
        var headers: HTTPFields = [.authorization: "Bearer \(credential)"]
        var body: [UInt8]?
        if let members {
            headers[.contentType] = "application/json"
            body = Array(try JSONEncoder().encode(JSONValue.object(members.compactMapValues(\.value))))
        }
        let whole = patience + Self.margin
        let request = EgressRequest(
            method, base + path, headers: headers, body: body, trust: .configured,
            deadlines: EgressDeadlines(firstByte: whole, whole: whole), maximumBodySize: most, maximumAttempts: 2)
        let response: EgressResponse
        do {
            response = try await egress.send(request)
        } catch let error as EgressError {
            throw CommandFailure(
                "The server at \(base) can't be reached (\(CommandFailure.cause(error))): start it with "
                    + "`atelier serve`, or name another with --url.", code: CommandFailure.unavailable)
        }
        guard (200..<300).contains(response.status) else { throw await problem(response) }
        return response
    }

    private func data(of response: EgressResponse) async throws -> JSONValue {
        let bytes = try await response.bytes()
        guard let answer = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)), let data = answer["data"]
        else {
            throw CommandFailure("The server at \(base) answers something else: is it Atelier?")
        }
        return data
    }

    private func problem(_ response: EgressResponse) async -> CommandFailure {
        let bytes = (try? await response.bytes()) ?? []
        let problem = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        return Self.failure(problem, otherwise: "The server at \(base) answers \(response.status).")
    }

    /// What a problem document says, with the id of the request.
    static func failure(_ problem: JSONValue?, otherwise: String) -> CommandFailure {
        guard let problem, let detail = problem["detail"]?.string else { return CommandFailure(otherwise) }
        let fields = (problem["errors"]?.array ?? []).compactMap { fault -> String? in
            let (pointer, fault) = (fault["pointer"]?.string ?? "?", fault["detail"]?.string ?? "?")
            // The detail of the whole may say it already.
            return detail.contains("\(pointer) \(fault)") ? nil : " \(pointer): \(fault)."
        }
        let id = problem["request_id"]?.string.map { " (request \($0))" } ?? ""
        return CommandFailure(detail + fields.joined() + id)
    }
}
