package import Auth
package import Content
package import Database
package import DatabaseSQLite
package import Egress
package import Engines
import FoundationEssentials
package import JobQueue
package import Logging
package import ObjectStorage
package import Sealing
package import Tenants
package import Vocabulary
import WebAPI
package import Webhooks

/// Every room, made from the settings and wired to the others.
package struct Rooms: Sendable {
    package let settings: ServerSettings
    package let surroundings: Surroundings
    package let database: SQLiteDatabase
    package let storage: FileObjectStorage
    package let linkSigner: ObjectLinkSigner
    package let egress: Egress
    package let queue: JobQueue
    package let tenants: TenantStore
    package let keys: APIKeyStore
    package let authenticator: Authenticator
    package let auth: AuthSettings
    package let router: EngineRouter
    package let webhooks: Webhooks
    package let content: ContentService
    package let box: SecretBox
    package let callbackSecret: Secret
    package let logger: Logger

    /// The schema, in the order in which rooms build on each other.
    package static let migrations: [Migration] =
        JobQueue.migrations + TenantStore.migrations + APIKeyStore.migrations + Webhooks.migrations
        + ContentService.migrations + WebAPI.migrations

    /// Opens files and makes what is missing; blocks for a moment. The schema is brought up to date by `migrate()`.
    /// - Parameter publicBase: base of the links that the API hands out.
    /// - Throws: `ServerError`, or a room's error.
    package init(
        _ settings: ServerSettings, publicBase: String, surroundings: Surroundings = .system, logger: Logger
    ) throws {
        self.settings = settings
        self.surroundings = surroundings
        self.logger = logger
        try Self.makeFolder(settings.dataFolder)
        try Self.makeFolder(Self.parent(of: settings.databasePath))
        let secrets = GeneratedSecrets(dataFolder: settings.dataFolder, surroundings: surroundings)
        database = try SQLiteDatabase.open(
            path: settings.databasePath, limits: settings.database, logger: logger, surroundings: surroundings)
        linkSigner = ObjectLinkSigner(secret: Array(try secrets.link().reveal().utf8), publicURL: publicBase)
        do {
            storage = try FileObjectStorage(
                root: settings.objectsFolder, linkSigner: linkSigner, limits: settings.storage,
                surroundings: surroundings)
        } catch ObjectStorageError.unavailable(let reason) {
            throw ServerError.folderNotWritable(settings.objectsFolder, reason: reason)
        }
        egress = Egress(limits: settings.egress, surroundings: surroundings, logger: logger)
        queue = JobQueue(database: database, surroundings: surroundings, limits: settings.queue)
        tenants = TenantStore(database: database, surroundings: surroundings, limits: settings.tenants)
        auth = try secrets.complete(settings.auth)
        keys = APIKeyStore(database: database, surroundings: surroundings, limits: auth.limits)
        authenticator = Authenticator(
            settings: auth, keys: keys, egress: egress, surroundings: surroundings, logger: logger)
        router = settings.engines.router(
            egress: egress, limits: settings.engineLimits, sandbox: settings.sandbox, surroundings: surroundings,
            logger: logger)
        let masterKey = try settings.masterKey ?? secrets.master()
        callbackSecret = try settings.callbackSecret ?? secrets.callback()
        box = SecretBox(masterKey: masterKey, surroundings: surroundings)
        webhooks = Webhooks(
            database: database, queue: queue, egress: egress,
            box: box, limits: settings.webhooks,
            surroundings: surroundings, logger: logger)
        content = ContentService(
            database: database, storage: storage, router: router, queue: queue, webhooks: webhooks,
            limits: settings.content, surroundings: surroundings, logger: logger)
    }

    /// Brings the schema up to date.
    /// - Returns: the migrations that were run.
    @discardableResult
    package func migrate() async throws -> [Migration.ID] { try await database.migrate(Self.migrations) }

    /// Closes connections and files.
    package func close() async {
        await egress.shutdown()
        do {
            try await database.close()
        } catch {
            logger.error("the database was not closed", metadata: ["error": "\(error)"])
        }
    }

    private static func makeFolder(_ path: String) throws {
        do {
            // What tenants have made is nobody else's on this machine.
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ServerError.folderNotWritable(path, reason: "it can't be made")
        }
        guard FileManager.default.isWritableFile(atPath: path) else {
            throw ServerError.folderNotWritable(path, reason: "it isn't writable")
        }
    }

    private static func parent(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.joined(separator: "/")
        return folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    }
}
