import Synchronization
import TestKit

/// An issuer's key set at a URL, changed by the test, with a count of how often it was fetched.
package final class JWKSDouble: Sendable {
    private struct State {
        var json: String
        var status = 200
        var hangs = false
    }

    private let server: HTTPDouble
    private let state: Mutex<State>

    package var url: String { server.url + "/.well-known/jwks.json" }
    /// How often the set was asked for.
    package var hits: Int { server.requests.count }

    private init(server: HTTPDouble, json: String) {
        self.server = server
        self.state = Mutex(State(json: json))
    }

    /// - Parameter json: the key set, `{"keys": [...]}`.
    package static func start(_ json: String) async throws -> JWKSDouble {
        let server = try await HTTPDouble.start { _ in .hang }
        let double = JWKSDouble(server: server, json: json)
        server.handle { [weak double] _ in double?.answer() ?? .reset }
        return double
    }

    package func stop() async { await server.stop() }

    /// Serves another set from now on: keys rotate.
    package func serve(_ json: String) { state.withLock { $0.json = json } }

    /// Answers with that status from now on.
    package func answer(_ status: Int) { state.withLock { $0.status = status } }

    /// Doesn't answer from now on, or does again.
    package func hang(_ hangs: Bool = true) { state.withLock { $0.hangs = hangs } }

    private func answer() -> HTTPDouble.Reply {
        let state = state.withLock { $0 }
        return state.hangs ? .hang : HTTPDouble.Reply(state.status, json: state.json)
    }
}
