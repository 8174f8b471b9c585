import Auth
import Egress
import FoundationEssentials
import Logging
import TestKit
import Testing
import Vocabulary

/// An outside issuer that publishes its keys over HTTP, and an authenticator that fetches them through the real door.
struct IssuerBench: Sendable {
    let clock = TestClock()
    let double: HTTPDouble
    let egress: Egress
    let authenticator: Authenticator

    /// - Parameter adjust: changes the settings, which have the address of the issuer's key set only.
    static func run(
        publishing keys: [IssuerKeyPair], adjust: @Sendable (inout AuthSettings) -> Void = { _ in },
        _ body: @Sendable (IssuerBench) async throws -> Void
    ) async throws {
        let bench = try await IssuerBench(publishing: keys, adjust: adjust)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(bench))
        } catch {
            outcome = .failure(error)
        }
        await bench.egress.shutdown()
        await bench.double.stop()
        try outcome.get()
    }

    private init(publishing keys: [IssuerKeyPair], adjust: (inout AuthSettings) -> Void) async throws {
        let first = try Self.keySet(keys.map(\.jwk))
        double = try await HTTPDouble.start { _ in first }
        egress = Egress(limits: EgressLimits(), surroundings: .system, logger: AuthBench.silence)
        var settings = AuthSettings(jwksURL: double.url + "/jwks.json")
        adjust(&settings)
        let database = try await TestDatabase.sqlite(migrations: APIKeyStore.migrations)
        authenticator = Authenticator(
            settings: settings, keys: APIKeyStore(database: database, surroundings: clock.surroundings), egress: egress,
            surroundings: clock.surroundings, logger: AuthBench.silence)
    }

    var fetches: Int { double.requests.count }

    static func keySet(_ entries: [[String: JSONValue]]) throws -> HTTPDouble.Reply {
        let set: JSONValue = ["keys": .array(entries.map(JSONValue.object))]
        return HTTPDouble.Reply(200, json: String(decoding: try JSONEncoder().encode(set), as: UTF8.self))
    }

    func publish(_ keys: [IssuerKeyPair]) throws {
        let reply = try Self.keySet(keys.map(\.jwk))
        double.handle { _ in reply }
    }

    func publish(entries: [[String: JSONValue]]) throws {
        let reply = try Self.keySet(entries)
        double.handle { _ in reply }
    }

    func claims(_ changes: [String: JSONValue] = [:]) -> JSONValue { TokenForge.claims(clock.now, changes) }

    func principal(_ token: String) async throws -> Principal {
        try await authenticator.authenticate("Bearer \(token)")
    }

    func expectInvalid(
        _ token: String, _ word: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await AuthBench.expectInvalid(authenticator, token, word, sourceLocation: sourceLocation)
    }

    func expectUnavailable(_ token: String, sourceLocation: SourceLocation = #_sourceLocation) async {
        do {
            let principal = try await principal(token)
            Issue.record("accepted as \(principal)", sourceLocation: sourceLocation)
        } catch AuthError.unavailable {
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }
}
