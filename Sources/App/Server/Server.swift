import Auth
import Glibc
import Hummingbird
import HummingbirdCore
package import JobQueue
package import Logging
import NIOCore
import ServiceLifecycle
package import Vocabulary
package import WebAPI
import Worker

/// One process of the program: the rooms, the HTTP server, and the worker, started together and stopped politely.
package struct Server: Sendable {
    package static let version = "0.1.0"

    package let rooms: Rooms
    /// Where it listens; nil when it only works the queue.
    package var port: Int? { reservation?.port }
    private let reservation: PortReservation?
    private let settings: ServerSettings
    private let renderMetrics: @Sendable () -> String
    private let logger: Logger

    /// Makes the rooms. Files and secrets that are missing are made.
    /// - Parameter renderMetrics: the metrics in Prometheus's text format.
    /// - Throws: `ServerError`, or a room's error.
    package init(
        _ settings: ServerSettings, surroundings: Surroundings = .system,
        renderMetrics: @escaping @Sendable () -> String, logger: Logger
    ) throws {
        self.settings = settings
        self.renderMetrics = renderMetrics
        self.logger = logger
        reservation =
            settings.isListening ? try PortReservation(settings.listeningPort, host: settings.host) : nil
        rooms = try Rooms(
            settings, publicBase: settings.publicBase(port: reservation?.port ?? settings.port),
            surroundings: surroundings,
            logger: logger)
    }

    /// Brings the schema up to date and serves until told to stop.
    /// - Parameters:
    ///   - signals: whether SIGTERM and SIGINT stop it.
    ///   - onReady: called once requests are taken, or jobs where it doesn't listen.
    /// - Throws: `ServerError`, or a room's error.
    package func run(stoppingOnSignals signals: Bool, onReady: @escaping @Sendable () async -> Void) async throws {
        do {
            try await rooms.migrate()
            try await group(stoppingOnSignals: signals, onReady: onReady).run()
        } catch {
            await rooms.close()
            if error is CancellationError { return }
            if let error = error as? IOError { throw listening(error, port: port ?? 0) }
            throw error
        }
        await rooms.close()
    }

    /// What runs, in the order of starting; stopped in the opposite order.
    private func group(stoppingOnSignals signals: Bool, onReady: @escaping @Sendable () async -> Void) -> ServiceGroup {
        let runner = settings.roles.contains(.worker) ? makeRunner() : nil
        var services: [any Service] = signals ? [SecondSignal()] : []
        if let runner { services.append(runner) }
        if let port {
            services.append(KeyUses(keys: rooms.keys, logger: logger))
            services.append(application(port: port, runner: runner, onReady: onReady))
        } else {
            services.append(ReadyService(onReady: onReady))
        }
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: signals ? SecondSignal.signals : [], logger: logger)
        configuration.maximumGracefulShutdownDuration = settings.grace
        return ServiceGroup(configuration: configuration)
    }

    private func makeRunner() -> JobRunner {
        let purge = WebAPI.idempotencyPurge(
            database: rooms.database, box: rooms.box, surroundings: rooms.surroundings, limits: settings.api)
        let worker = Worker(content: rooms.content, webhooks: rooms.webhooks, idempotencyPurge: purge)
        return JobRunner(
            queue: rooms.queue, handlers: worker.handlers, recurring: worker.recurring, caps: worker.caps,
            logger: logger)
    }

    private func application(
        port: Int, runner: JobRunner?, onReady: @escaping @Sendable () async -> Void
    ) -> some Service {
        var faces: Set<RouteDescription.Face> = [.common]
        if settings.roles.contains(.gateway) { faces.insert(.gateway) }
        if settings.roles.contains(.generation) { faces.insert(.generation) }
        let router = WebAPI.buildRouter(services: services(runner), limits: settings.api, faces: faces)
        return Application(
            router: router, server: .http1(configuration: .init(idleTimeout: TimeAmount(settings.idleTimeout))),
            configuration: ApplicationConfiguration(
                address: .hostname(settings.host, port: port), serverName: "atelier", backlog: 4096,
                availableConnectionsDelegate: MaximumAvailableConnections(settings.connections)),
            onServerRunning: { _ in await onReady() }, logger: logger)
    }

    /// What the routes call.
    package func services(_ runner: JobRunner?) -> WebAPIServices {
        let surroundings = rooms.surroundings
        let patience = settings.queue.pollBackstop * 3
        return WebAPIServices(
            content: rooms.content, webhooks: rooms.webhooks, authenticator: rooms.authenticator,
            tenants: rooms.tenants,
            keys: rooms.keys, linkSigner: rooms.linkSigner, storage: rooms.storage, database: rooms.database,
            box: rooms.box,
            isQueueReady: {
                guard let runner else { return true }
                guard let looked = runner.lastLookedAt else { return false }
                return surroundings.now() - looked < patience
            }, renderMetrics: renderMetrics, callbackSecrets: [rooms.callbackSecret], openTenants: settings.openTenants,
            version: Self.version, surroundings: surroundings, logger: logger)
    }

    private func listening(_ error: IOError, port: Int) -> any Error {
        if error.errnoCode == EADDRINUSE { return ServerError.portBusy(host: settings.host, port: port) }
        return ServerError.cannotListen(host: settings.host, port: port, reason: "\(error)")
    }
}

/// Writes down the last use of API keys, once more at the end.
private struct KeyUses: Service {
    let keys: APIKeyStore
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await keys.recordUses(logger: logger) }
        do {
            try await keys.flushUses()
        } catch {
            logger.warning("the last use of API keys could not be written down", metadata: ["error": "\(error)"])
        }
    }
}

/// Says that a process which doesn't listen is up.
private struct ReadyService: Service {
    let onReady: @Sendable () async -> Void

    func run() async throws {
        await onReady()
        try? await gracefulShutdown()
    }
}
