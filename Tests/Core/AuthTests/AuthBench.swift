import Auth
import Database
import DatabaseSQLite
import Logging
import TestKit
import Testing
import Vocabulary

/// An authenticator on a real database, with a clock that the test moves.
struct AuthBench: Sendable {
    let clock = TestClock()
    let database: SQLiteDatabase
    let keys: APIKeyStore
    let settings: AuthSettings
    let authenticator: Authenticator

    init(_ settings: AuthSettings = AuthSettings(jwtSecret: TokenForge.secret)) async throws {
        database = try await TestDatabase.sqlite(migrations: APIKeyStore.migrations)
        keys = APIKeyStore(database: database, surroundings: clock.surroundings, limits: settings.limits)
        self.settings = settings
        authenticator = Authenticator(
            settings: settings, keys: keys, fetchKeySet: nil, surroundings: clock.surroundings, logger: Self.silence)
    }

    static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Claims that are in order now, with some changed; null takes one away.
    func claims(_ changes: [String: JSONValue] = [:]) -> JSONValue { TokenForge.claims(clock.now, changes) }

    func principal(_ credential: String) async throws -> Principal {
        try await authenticator.authenticate("Bearer \(credential)")
    }

    /// Expects that a credential is refused, for a reason that says `word`, and that the error holds none of it.
    func expectInvalid(
        _ credential: String, _ word: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await Self.expectInvalid(authenticator, credential, word, sourceLocation: sourceLocation)
    }

    static func expectInvalid(
        _ authenticator: Authenticator, _ credential: String, _ word: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        do {
            let principal = try await authenticator.authenticate("Bearer \(credential)")
            Issue.record("accepted as \(principal)", sourceLocation: sourceLocation)
        } catch AuthError.invalid(let reason) {
            #expect(reason.contains(word), sourceLocation: sourceLocation)
            if credential.utf8.count > 12 {
                #expect(!reason.contains(credential.suffix(12)), sourceLocation: sourceLocation)
            }
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }
}
