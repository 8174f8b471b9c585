package import Auth
package import Content
package import DatabaseSQLite
package import Egress
package import Engines
import FoundationEssentials
package import JobQueue
package import ObjectStorage
package import Settings
package import Telemetry
package import Tenants
package import Vocabulary
package import WebAPI
package import Webhooks

/// All settings of the program, read at once so that every fault is reported at once.
package struct ServerSettings: Sendable {
    /// What a process does. Several can be named.
    package enum Role: String, Sendable, CaseIterable {
        case gateway, generation, worker
    }

    package var host: String
    package var port: Int
    package var generationPort: Int
    package var roles: Set<Role>
    package var dataFolder: String
    package var databasePath: String
    package var objectsFolder: String
    /// Base of the links that the API hands out; nil for host and port.
    package var publicURL: String?
    package var openTenants: Bool
    package var masterKey: Secret?
    package var callbackSecret: Secret?
    /// How long a connection may be silent between requests, or take to send a request's head.
    package var idleTimeout: Duration
    /// Connections of this process at once; more wait to be accepted.
    package var connections: Int
    /// For the requests that are at work when the process is told to stop.
    package var grace: Duration
    /// Which running server the commands talk to; nil for the one on host and port.
    package var clientURL: String?
    /// The credential with which they do.
    package var clientToken: Secret?

    package var telemetry: TelemetryLimits
    package var database: DatabaseSQLiteLimits
    package var queue: JobQueueLimits
    package var storage: ObjectStorageLimits
    package var egress: EgressLimits
    package var auth: AuthSettings
    package var tenants: TenantsLimits
    package var engines: EngineSettings
    package var engineLimits: EngineLimits
    package var sandbox: SandboxLimits
    package var webhooks: WebhookLimits
    package var content: ContentLimits
    package var api: WebAPILimits

    /// Where this process listens.
    package var listeningPort: Int { roles.contains(.gateway) ? port : generationPort }
    package var isListening: Bool { roles.contains(.gateway) || roles.contains(.generation) }

    /// Base of the links that the API hands out.
    package func publicBase(port: Int) -> String {
        publicURL ?? localBase(port: port)
    }

    /// Where this machine reaches the server.
    package func localBase(port: Int) -> String {
        let name = ["0.0.0.0", "::"].contains(host) ? "127.0.0.1" : host
        return "http://\(name.contains(":") ? "[\(name)]" : name):\(port)"
    }

    /// - Throws: `SettingsError` with every fault.
    package init(reading reader: SettingsReader) throws {
        host = reader.text("ATELIER_HOST", default: "127.0.0.1", "the address to listen on")
        port = reader.integer("ATELIER_PORT", default: 3000, in: 0...65535, "the gateway's port; 0 for any free one")
        generationPort = reader.integer(
            "ATELIER_GENERATION_PORT", default: 8000, in: 0...65535,
            "the port of a process whose role is generation alone")
        roles = reader.parsed(
            "ATELIER_ROLE", default: Set(Role.allCases), defaultText: "all",
            allowed: "all, or a comma list of gateway, generation, worker", "what this process does", parse: Self.roles)
        dataFolder = reader.text("ATELIER_DATA_DIR", default: "./data", "SQLite file, local objects, generated secrets")
        let folder = dataFolder
        databasePath = reader.parsed(
            "ATELIER_DATABASE_URL", default: "\(folder)/atelier.db", defaultText: "sqlite://\(folder)/atelier.db",
            allowed: "sqlite://PATH", "the database"
        ) { Self.path($0, scheme: "sqlite://") }
        objectsFolder = reader.parsed(
            "ATELIER_STORAGE_URL", default: "\(folder)/objects", defaultText: "file://\(folder)/objects",
            allowed: "file://PATH", "where files lie"
        ) { Self.path($0, scheme: "file://") }
        publicURL = reader.parsed(
            "ATELIER_PUBLIC_URL", default: nil, defaultText: "", allowed: "an http or https URL",
            "base of the links that the API hands out; by default made of host and port"
        ) { text -> String?? in Self.publicURL(text).map { .some($0) } }
        openTenants = reader.flag(
            "ATELIER_OPEN_TENANTS", default: true,
            "whether a token's tenant that doesn't exist yet is made on first use")
        masterKey = reader.secret(
            "ATELIER_MASTER_KEY", "encrypts secrets at rest, 32 bytes or more; made at first start")
        if let masterKey, masterKey.reveal().utf8.count < 32 {
            reader.refuse("ATELIER_MASTER_KEY", allowed: "32 bytes or more")
        }
        callbackSecret = reader.secret(
            "ATELIER_CALLBACK_SECRET",
            "whsec_… with which calls of video-complete are signed; made at first start")
        if let callbackSecret, StandardWebhookSignature.key(callbackSecret) == nil {
            reader.refuse("ATELIER_CALLBACK_SECRET", allowed: "whsec_ and the base64 of 16 to 64 bytes")
        }
        idleTimeout = reader.duration(
            "ATELIER_IDLE_TIMEOUT", default: .seconds(75), in: .seconds(1) ... .seconds(3600),
            "how long a connection may be silent, or take to send the head of a request")
        connections = reader.integer(
            "ATELIER_MAX_CONNECTIONS", default: 4096, in: 1...1_000_000, "connections of one process at once")
        grace = reader.duration(
            "ATELIER_GRACE", default: .seconds(30), in: .seconds(1) ... .seconds(600),
            "for the whole of a graceful stop")
        clientURL = reader.parsed(
            "ATELIER_URL", default: nil, defaultText: "", allowed: "an http or https URL",
            "the server that atelier generate talks to; by default the one on host and port"
        ) { text -> String?? in Self.publicURL(text).map { .some($0) } }
        clientToken = reader.secret("ATELIER_TOKEN", "the token or API key with which atelier generate talks to it")
        telemetry = TelemetryLimits(reading: reader)
        database = DatabaseSQLiteLimits(reading: reader)
        queue = JobQueueLimits(reading: reader)
        storage = ObjectStorageLimits(reading: reader)
        egress = EgressLimits(reading: reader)
        auth = AuthSettings(reading: reader)
        tenants = TenantsLimits(reading: reader)
        engines = EngineSettings(reading: reader)
        engineLimits = EngineLimits(reading: reader)
        sandbox = SandboxLimits(reading: reader)
        webhooks = WebhookLimits(reading: reader)
        content = ContentLimits(reading: reader)
        api = WebAPILimits(reading: reader)
        try reader.finish()
    }

    private static func roles(_ text: String) -> Set<Role>? {
        if text == "all" { return Set(Role.allCases) }
        let names = text.split(separator: ",").map { $0.filter { $0 != " " } }
        let roles = names.compactMap { Role(rawValue: String($0)) }
        return roles.count == names.count && !roles.isEmpty ? Set(roles) : nil
    }

    private static func path(_ text: String, scheme: String) -> String? {
        guard text.hasPrefix(scheme), text.utf8.count > scheme.utf8.count else { return nil }
        return String(text.dropFirst(scheme.count))
    }

    private static func publicURL(_ text: String) -> String? {
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme), parts.host != nil,
            parts.query == nil, parts.fragment == nil
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
