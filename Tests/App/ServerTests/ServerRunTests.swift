import Auth
import Logging
import Server
import ServiceLifecycle
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary

@Suite("A server in this process")
struct ServerRunTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func server(in folder: TemporaryFolder, _ more: [String: String] = [:]) throws -> Server {
        let values = ["ATELIER_DATA_DIR": folder.file("data"), "ATELIER_PORT": "0", "ATELIER_GENERATION_PORT": "0"]
        let settings = try ServerSettings(reading: SettingsReader(.values(values.merging(more) { _, own in own })))
        return try Server(settings, renderMetrics: { "" }, logger: quiet)
    }

    /// A server as a service, so that a test can tell the group to stop.
    private struct Running: Service {
        let server: Server
        let isReady: Mark

        func run() async throws {
            try await server.run(stoppingOnSignals: false) { isReady.set() }
        }
    }

    private final class Mark: Sendable {
        private let value = Mutex(false)
        var isSet: Bool { value.withLock { $0 } }
        func set() { value.withLock { $0 = true } }
    }

    @Test("answers on a free port, and stops when it is told to")
    func gracefulStop() async throws {
        let folder = try TemporaryFolder()
        let server = try Self.server(in: folder)
        let port = try #require(server.port)
        #expect(port != 0)
        let ready = Mark()
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: Running(server: server, isReady: ready))], logger: Self.quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            try await eventually("the server is ready") { ready.isSet }
            try await withWebClient { client in
                let answer = try await client.get("http://127.0.0.1:\(port)/health/live")
                #expect(answer.status == 200)
                try await eventually("the server is ready for work") {
                    try await client.get("http://127.0.0.1:\(port)/health/ready").status == 200
                }
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(Files.names(in: folder.file("data")).contains("atelier.db"))
    }

    @Test("stops when its task is cancelled, and lets go of the port")
    func cancellation() async throws {
        let folder = try TemporaryFolder()
        let server = try Self.server(in: folder)
        let port = try #require(server.port)
        let ready = Mark()
        let task = Task { try await server.run(stoppingOnSignals: false) { ready.set() } }
        try await eventually("the server is ready") { ready.isSet }
        task.cancel()
        try? await task.value
        // The socket is closed by its event loop, a moment after the task has ended.
        try await eventually("the port is free") {
            guard let next = try? Self.server(in: folder, ["ATELIER_PORT": "\(port)"]) else { return false }
            await next.rooms.close()
            return next.port == port
        }
    }

    @Test("a port that another server takes during the start is said to be busy")
    func portLostDuringStart() async throws {
        let folders = [try TemporaryFolder(), try TemporaryFolder()]
        let first = try Self.server(in: folders[0])
        let port = try #require(first.port)
        let second = try Self.server(in: folders[1], ["ATELIER_PORT": "\(port)"])
        let ready = Mark()
        let task = Task { try await first.run(stoppingOnSignals: false) { ready.set() } }
        try await eventually("the first server is ready") { ready.isSet }
        let error = await #expect(throws: ServerError.self) { try await second.run(stoppingOnSignals: false) {} }
        #expect(error?.description.hasPrefix("Port \(port) on 127.0.0.1 is in use") == true)
        task.cancel()
        try? await task.value
    }

    @Test("a process that only works the queue doesn't listen")
    func workerAlone() async throws {
        let folder = try TemporaryFolder()
        let server = try Self.server(in: folder, ["ATELIER_ROLE": "worker"])
        #expect(server.port == nil)
        let ready = Mark()
        let task = Task { try await server.run(stoppingOnSignals: false) { ready.set() } }
        try await eventually("the worker is ready") { ready.isSet }
        task.cancel()
        try? await task.value
    }

    @Test("the generation role serves its own face alone")
    func faces() async throws {
        let folder = try TemporaryFolder()
        let server = try Self.server(in: folder, ["ATELIER_ROLE": "generation"])
        let port = try #require(server.port)
        let ready = Mark()
        let task = Task { try await server.run(stoppingOnSignals: false) { ready.set() } }
        try await eventually("the server is ready") { ready.isSet }
        try await withWebClient { client in
            let base = "http://127.0.0.1:\(port)"
            let other = try await client.get(base + "/v1/content/health")
            #expect(other.status == 404)
            let own = try await client.get(base + "/v1/jobs/job_01h455vb4pex5vsknk084sn02q")
            #expect(own.status == 401)
        }
        task.cancel()
        try? await task.value
    }

    @Test("secrets are made once and kept; a second server of the folder takes the same tokens")
    func secrets() async throws {
        let folder = try TemporaryFolder()
        let first = try Self.server(in: folder)
        await first.rooms.close()
        let second = try Self.server(in: folder)
        await second.rooms.close()
        #expect(first.rooms.auth.jwtSecret != nil)
        #expect(first.rooms.auth.jwtSecret == second.rooms.auth.jwtSecret)
        #expect(Files.names(in: folder.file("data/secrets")).count == 4)
    }
}
