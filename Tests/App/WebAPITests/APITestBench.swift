import Auth
import Content
import Database
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JobQueue
import Logging
import NIOCore
import Server
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary
import WebAPI
import Webhooks

/// The whole program behind its routes, on a fresh folder: SQLite, local files, the sandbox, and, where it is asked,
/// a worker. Every answer is checked against the OpenAPI document.
struct APITestBench: Sendable {
    struct Reply: Sendable {
        var status: Int
        var headers: HTTPFields
        var bytes: [UInt8]
        /// null when the body isn't JSON.
        var json: JSONValue

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// What the gateway's wrapper holds.
        var data: JSONValue { json["data"] ?? .null }
        var code: String? { json["code"]?.string }
        /// The bad fields of a problem.
        var pointers: [String] { (json["errors"]?.array ?? []).compactMap { $0["pointer"]?.string } }
    }

    let rooms: Rooms
    let client: any TestClientProtocol
    let limits: WebAPILimits
    private let document: AnswerChecker
    private let issuer: TokenIssuer

    /// - Parameters:
    ///   - settings: over the bench's own.
    ///   - hasWorker: whether jobs are worked on.
    ///   - sockets: whether requests go over a real connection, one for all.
    static func run(
        _ settings: [String: String] = [:], hasWorker: Bool = false, sockets: Bool = false,
        _ body: @escaping @Sendable (APITestBench) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder("atelier-test-api")
        let own = [
            "ATELIER_DATA_DIR": folder.path, "ATELIER_PORT": "0", "ATELIER_SANDBOX_RENDER_TIME": "50ms",
            "ATELIER_FIRST_POLL": "10ms", "ATELIER_POLL_INTERVAL": "100ms", "ATELIER_EGRESS_ALLOW": "127.0.0.0/8",
            "ATELIER_RATE_LIMIT": "0", "ATELIER_PUBLIC_URL": "http://api.test",
        ]
        let reader = SettingsReader(.values(own.merging(settings) { _, asked in asked }))
        let read = try ServerSettings(reading: reader)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try Server(read, renderMetrics: { "# metrics\n" }, logger: logger)
        try await server.rooms.migrate()
        let router = WebAPI.buildRouter(services: server.services(nil), limits: read.api)
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
        let outcome: Result<Void, any Error>
        do {
            try await application.test(sockets ? .live : .router) { client in
                let bench = try APITestBench(server, client, read.api)
                try await bench.work(hasWorker, logger, body)
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await server.rooms.close()
        folder.remove()
        try outcome.get()
    }

    private init(_ server: Server, _ client: any TestClientProtocol, _ limits: WebAPILimits) throws {
        rooms = server.rooms
        self.client = client
        self.limits = limits
        document = AnswerChecker(OpenAPIDocument(WebAPI.routes, version: Server.version).value)
        issuer = try TokenIssuer(settings: server.rooms.auth, surroundings: .system)
    }

    private func work(
        _ hasWorker: Bool, _ logger: Logger, _ body: @escaping @Sendable (APITestBench) async throws -> Void
    ) async throws {
        guard hasWorker else { return try await body(self) }
        let handlers = rooms.content.handlers.merging(rooms.webhooks.handlers) { first, _ in first }
        let runner = JobRunner(queue: rooms.queue, handlers: handlers, logger: logger)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await runner.run()
                return false
            }
            group.addTask {
                try await body(self)
                return true
            }
            while let isBody = try await group.next(), !isBody {}
            group.cancelAll()
        }
    }

    // MARK: Behind the routes

    var database: any Database { rooms.database }

    /// The store that the routes have.
    var idempotency: IdempotencyStore {
        IdempotencyStore(
            database: rooms.database, box: rooms.box, surroundings: .system, lifetime: limits.idempotencyLifetime)
    }

    // MARK: Credentials

    func token(_ tenant: String, _ roles: Role...) throws -> String { try token(tenant, roles) }

    func token(_ tenant: String, _ roles: [Role]) throws -> String {
        try issuer.mint(
            tenant: try #require(TenantID(tenant)), subject: "someone", roles: Set(roles), ttl: .seconds(3_600))
    }

    // MARK: Calls

    /// Calls, and checks the answer against the document.
    /// - Parameter token: nil for no credential.
    func call(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, json: JSONValue? = nil,
        bytes: [UInt8]? = nil,
        headers: HTTPFields = [:], at location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        var body = bytes.map { ByteBuffer(bytes: $0) }
        if let json {
            var writer = JSONWriter()
            writer.value(json)
            body = writer.buffer
        }
        if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        let response = try await client.executeRequest(uri: path, method: method, headers: headers, body: body)
        let read = Array(response.body.readableBytesView)
        let reply = Reply(
            status: response.status.code, headers: response.headers, bytes: read,
            json: (try? JSONReader.read(response.body, maximumDepth: 64)) ?? .null)
        for fault in document.faults(method, path, reply) {
            Issue.record("\(method) \(path): \(fault)", sourceLocation: location)
        }
        return reply
    }

    /// Waits until a job has ended.
    func ended(_ job: String, token: String) async throws -> JSONValue {
        let last = Mutex(JSONValue.null)
        try await eventually("job \(job) ends") {
            let data = try await call(.get, "/v1/content/jobs/\(job)", token: token).data
            last.withLock { $0 = data }
            return ["completed", "failed", "canceled"].contains(data["status"]?.string ?? "")
        }
        return last.withLock { $0 }
    }
}

/// Holds answers against the OpenAPI document.
struct AnswerChecker: Sendable {
    private let document: JSONValue
    private let checker: DocumentChecker
    private let paths: [(template: [Substring], item: JSONValue)]

    init(_ document: JSONValue) {
        self.document = document
        checker = DocumentChecker(document: document)
        guard case .object(let paths)? = document["paths"] else {
            self.paths = []
            return
        }
        self.paths = paths.map { ($0.key.split(separator: "/"), $0.value) }
            .sorted { $0.0.filter { $0.hasPrefix("{") }.count < $1.0.filter { $0.hasPrefix("{") }.count }
    }

    func faults(_ method: HTTPRequest.Method, _ path: String, _ reply: APITestBench.Reply) -> [String] {
        var faults: [String] = []
        if reply.headers[HTTPField.Name("X-Request-Id") ?? .from]?.isEmpty != false { faults.append("no X-Request-Id") }
        if reply.headers[.xContentTypeOptions] != "nosniff" { faults.append("no nosniff") }
        let type = reply.headers[.contentType].map { String($0.prefix { $0 != ";" }) }
        if reply.status >= 400, method != .head, type != "application/problem+json", reply.status != 503 {
            faults.append("\(reply.status) is no problem")
        }
        if type == "application/problem+json", method != .head {
            faults += checker.faults(in: reply.json, against: ["$ref": "#/components/schemas/Problem"])
            if reply.json["status"]?.int != Int64(reply.status) { faults.append("the problem's status differs") }
        }
        // What isn't a route has no place in the document.
        if reply.status == 405 || method == .options { return faults }
        guard let operation = operation(method, path) else {
            return reply.status == 404 ? faults : faults + ["not in the document"]
        }
        guard let response = operation["responses"]?[String(reply.status)] else {
            return faults + ["status \(reply.status) isn't in the document"]
        }
        guard case .object(let content)? = response["content"] else {
            return reply.bytes.isEmpty ? faults : faults + ["a body where the document has none"]
        }
        guard method != .head else { return faults }
        guard
            let media = content.first(where: { $0.key.prefix { $0 != ";" } == type ?? "" })
                ?? content.first(where: { $0.key == "*/*" })
        else { return faults + ["type \(type ?? "none") isn't in the document"] }
        if let schema = media.value["schema"] { faults += checker.faults(in: reply.json, against: schema) }
        return faults
    }

    private func operation(_ method: HTTPRequest.Method, _ path: String) -> JSONValue? {
        let steps = path.prefix { $0 != "?" }.split(separator: "/")
        let name = method == .head ? "get" : method.rawValue.lowercased()
        return paths.first { template, item in
            template.count == steps.count && item[name] != nil
                && zip(template, steps).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }?.item[name]
    }
}
