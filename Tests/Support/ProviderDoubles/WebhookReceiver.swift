import Synchronization
package import TestKit

/// The endpoint of somebody who receives webhooks: keeps every delivery, and answers as the test says.
package final class WebhookReceiver: Sendable {
    package enum Answer: Sendable {
        case status(Int, retryAfter: Int? = nil)
        case redirect(to: String)
        /// No answer at all.
        case hang
        /// The delivery was read; the connection ends with a RST.
        case reset
        /// The answer, later.
        case slow(Duration, status: Int)
        /// An answer with a body of that many bytes.
        case body(Int, status: Int)
    }

    private struct State {
        var server: HTTPDouble?
        var script: [Answer] = []
        var always = Answer.status(200)
        var deliveries: [HTTPDouble.Request] = []
    }

    private let state = Mutex(State())
    private let port: RefusingPort

    /// Every delivery so far, in the order of arrival, those that were refused too.
    package var deliveries: [HTTPDouble.Request] { state.withLock { $0.deliveries } }
    /// `http://127.0.0.1:PORT/hook`; the same after a restart.
    package var url: String { "http://127.0.0.1:\(port.port)/hook" }

    private init(_ port: RefusingPort) { self.port = port }

    package static func start() async throws -> WebhookReceiver {
        let receiver = WebhookReceiver(try RefusingPort())
        try await receiver.restart()
        return receiver
    }

    /// Listens again, on the port that it had.
    package func restart() async throws {
        let server = try await HTTPDouble.start(port: port.port) { [weak self] request in
            self?.receive(request) ?? .reset
        }
        state.withLock { $0.server = server }
    }

    /// Refuses connections until `restart()`.
    package func stop() async {
        let server = state.withLock { state in
            defer { state.server = nil }
            return state.server
        }
        await server?.stop()
    }

    /// The next deliveries meet these, one each.
    package func answer(next answers: Answer...) { state.withLock { $0.script += answers } }

    /// Every delivery meets this, once the script is through.
    package func answer(always answer: Answer) { state.withLock { $0.always = answer } }

    private func receive(_ request: HTTPDouble.Request) -> HTTPDouble.Reply {
        let answer = state.withLock { state in
            state.deliveries.append(request)
            return state.script.isEmpty ? state.always : state.script.removeFirst()
        }
        switch answer {
        case .status(let status, let wait):
            return HTTPDouble.Reply(status, headers: wait.map { [("Retry-After", String($0))] } ?? [])
        case .redirect(let target): return HTTPDouble.Reply(302, headers: [("Location", target)])
        case .hang: return .hang
        case .reset: return .reset
        case .slow(let time, let status): return HTTPDouble.Reply(status, delay: time)
        case .body(let size, let status):
            return HTTPDouble.Reply(status, steps: [.bytes([UInt8](repeating: UInt8(ascii: "x"), count: size))])
        }
    }
}

/// Runs `body` with a receiver that is stopped afterwards.
package func withWebhookReceiver<Result>(_ body: (WebhookReceiver) async throws -> Result) async throws -> Result {
    let receiver = try await WebhookReceiver.start()
    do {
        let result = try await body(receiver)
        await receiver.stop()
        return result
    } catch {
        await receiver.stop()
        throw error
    }
}
