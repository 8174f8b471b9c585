import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import Synchronization

/// One attempt of a call: a request on a connection, its deadlines, and the answer as it comes.
///
/// AsyncHTTPClient tells it when the head of the request goes to the socket. That is what "not sent" and "unknown"
/// are told apart by, not the kind of error. The body keeps back pressure to the socket.
final class EgressExchange: HTTPClientResponseDelegate {
    typealias Response = Void

    /// The moments at which the parts of the attempt must be over.
    struct Deadlines: Sendable {
        var connect: NIODeadline
        var firstByte: NIODeadline
        var whole: NIODeadline
    }

    private enum Phase {
        case connecting, sent, answered, ended
    }

    private struct State {
        var phase = Phase.connecting
        var waiter: CheckedContinuation<EgressResponse, any Error>?
        var task: HTTPClient.Task<Void>?
        var timer: Scheduled<Void>?
        /// What was received and not yet asked for.
        var chunks = CircularBuffer<ByteBuffer>()
        /// The consumer, while it waits for a chunk.
        var reader: CheckedContinuation<ByteBuffer?, any Error>?
        /// Kept while the consumer has enough; its success asks the socket for more.
        var demand: EventLoopPromise<Void>?
        var received: Int64 = 0
        var announced: Int64?
        /// How the body ended; thrown after the chunks.
        var failure: (any Error)?
    }

    /// So many chunks wait for the consumer before the socket is no longer read.
    private static let mostChunks = 4

    private let state = Mutex(State())
    private let deadlines: Deadlines
    private let maximumBodySize: Int64
    private let method: HTTPRequest.Method
    private let isRequestEmpty: Bool
    private let onBodyFailure: @Sendable (EgressError.Code) -> Void

    /// - Parameter onBodyFailure: called at most once, when the body ends otherwise than whole.
    init(
        deadlines: Deadlines, maximumBodySize: Int64, method: HTTPRequest.Method, isRequestEmpty: Bool,
        onBodyFailure: @escaping @Sendable (EgressError.Code) -> Void
    ) {
        self.deadlines = deadlines
        self.maximumBodySize = maximumBodySize
        self.method = method
        self.isRequestEmpty = isRequestEmpty
        self.onBodyFailure = onBodyFailure
    }

    /// - Throws: `EgressError`, or `CancellationError` when the caller was cancelled before the head came.
    func run(_ request: HTTPClient.Request, on client: HTTPClient) async throws -> EgressResponse {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let isCancelled = state.withLock { state in
                    guard state.phase != .ended else { return true }
                    state.waiter = waiter
                    return false
                }
                if isCancelled { return waiter.resume(throwing: CancellationError()) }
                let task = client.execute(request: request, delegate: self, eventLoop: .indifferent)
                let isOver = state.withLock { state in
                    guard state.phase != .ended else { return true }
                    state.task = task
                    return false
                }
                if isOver { task.cancel() } else { arm(on: task.eventLoop) }
            }
        } onCancel: {
            end(with: CancellationError())
        }
    }

    // MARK: Deadlines

    private func arm(on eventLoop: any EventLoop) {
        let next = state.withLock { state -> NIODeadline? in
            switch state.phase {
            case .connecting: min(deadlines.connect, deadlines.firstByte, deadlines.whole)
            case .sent: min(deadlines.firstByte, deadlines.whole)
            case .answered: deadlines.whole
            case .ended: nil
            }
        }
        guard let next else { return }
        let timer = eventLoop.scheduleTask(deadline: next) { self.expire(on: eventLoop) }
        let isOver = state.withLock { state in
            guard state.phase != .ended else { return true }
            state.timer = timer
            return false
        }
        if isOver { timer.cancel() }
    }

    private func expire(on eventLoop: any EventLoop) {
        let now = NIODeadline.now()
        let phase = state.withLock { $0.phase }
        switch phase {
        case .connecting where now >= min(deadlines.connect, deadlines.firstByte, deadlines.whole):
            end(with: EgressError(isUnsentCertain ? .notSent : .unknown, "no connection in time"))
        case .sent where now >= min(deadlines.firstByte, deadlines.whole):
            end(with: EgressError(.unknown, "no answer in time"))
        case .answered where now >= deadlines.whole:
            end(with: EgressError(.deadlineExceeded, "the body did not end in time"))
        case .ended:
            break
        default:
            arm(on: eventLoop)
        }
    }

    /// The word that the head goes out comes from another event loop and may be on its way while the time runs out.
    /// A body is never written after that, so a request that has one can't take effect; GET and HEAD have none.
    private var isUnsentCertain: Bool { !isRequestEmpty || method == .get || method == .head }

    // MARK: What the client tells

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        state.withLock { state in
            if state.phase == .connecting { state.phase = .sent }
        }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let bodiless = method == .head || head.status == .noContent || head.status == .notModified
        let announced = bodiless ? nil : head.headers.first(name: "content-length").flatMap { Int64($0) }
        let waiter = state.withLock { state -> CheckedContinuation<EgressResponse, any Error>? in
            guard state.phase != .ended else { return nil }
            state.phase = .answered
            state.announced = announced
            defer { state.waiter = nil }
            return state.waiter
        }
        if let waiter {
            let reader = BodyReader(exchange: self)
            let body = AsyncThrowingStream<ByteBuffer, any Error> { try await reader.exchange.next() }
            waiter.resume(
                returning: EgressResponse(status: Int(head.status.code), headers: HTTPFields(head.headers), body: body))
            if let announced, announced > maximumBodySize { end(with: tooLarge) }
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        enum Action {
            case none, tooLarge
            case hand(to: CheckedContinuation<ByteBuffer?, any Error>)
            case wait(EventLoopPromise<Void>)
        }
        let action = state.withLock { state -> Action in
            guard state.phase != .ended else { return .none }
            state.received += Int64(buffer.readableBytes)
            if state.received > maximumBodySize { return .tooLarge }
            if let reader = state.reader {
                state.reader = nil
                return .hand(to: reader)
            }
            state.chunks.append(buffer)
            guard state.chunks.count >= Self.mostChunks else { return .none }
            let demand = task.eventLoop.makePromise(of: Void.self)
            state.demand = demand
            return .wait(demand)
        }
        switch action {
        case .none: break
        case .tooLarge: end(with: tooLarge)
        case .hand(let reader): reader.resume(returning: buffer)
        case .wait(let demand): return demand.futureResult
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        let isShort = state.withLock { state in
            guard let announced = state.announced else { return false }
            return state.received < announced
        }
        end(with: isShort ? EgressError(.truncated, "the body ended too early") : nil)
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        let phase = state.withLock { $0.phase }
        let cause = Self.describe(error)
        switch phase {
        case .connecting:
            end(with: (error as? EgressError) ?? EgressError(.notSent, cause))
        case .sent:
            end(with: (error as? EgressError) ?? EgressError(.unknown, cause))
        case .answered:
            end(with: (error as? EgressError) ?? EgressError(.truncated, cause))
        case .ended:
            break
        }
    }

    // MARK: The consumer

    /// - Returns: the next chunk of the body; nil at its end.
    private func next() async throws -> ByteBuffer? {
        enum Action {
            case chunk(ByteBuffer, demand: EventLoopPromise<Void>?)
            case end(Result<ByteBuffer?, any Error>)
            case wait
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { reader in
                let action = state.withLock { state -> Action in
                    if let chunk = state.chunks.popFirst() {
                        guard state.chunks.isEmpty else { return .chunk(chunk, demand: nil) }
                        defer { state.demand = nil }
                        return .chunk(chunk, demand: state.demand)
                    }
                    if state.phase == .ended {
                        defer { state.failure = nil }
                        return .end(state.failure.map { .failure($0) } ?? .success(nil))
                    }
                    guard state.reader == nil else { return .end(.failure(CancellationError())) }
                    state.reader = reader
                    return .wait
                }
                switch action {
                case .chunk(let chunk, let demand):
                    reader.resume(returning: chunk)
                    demand?.succeed(())
                case .end(let result):
                    reader.resume(with: result)
                case .wait:
                    break
                }
            }
        } onCancel: {
            end(with: CancellationError())
        }
    }

    /// Lives as long as the stream of the body. When that is let go early, the connection closes with the rest unread.
    private final class BodyReader: Sendable {
        let exchange: EgressExchange

        init(exchange: EgressExchange) { self.exchange = exchange }

        deinit { exchange.end(with: CancellationError()) }
    }

    // MARK: The end

    private var tooLarge: EgressError { EgressError(.bodyTooLarge, "the body exceeds \(maximumBodySize) bytes") }

    /// Ends the attempt; only the first end counts.
    /// - Parameter error: nil when the answer came whole.
    private func end(with error: (any Error)?) {
        let last = state.withLock { state -> State? in
            guard state.phase != .ended else { return nil }
            let last = state
            state = State(phase: .ended)
            state.chunks = last.chunks
            // A consumer that waits hears of the failure at once; another one, when it asks.
            if last.reader == nil { state.failure = error }
            return last
        }
        guard let last else { return }
        last.timer?.cancel()
        if let error {
            if last.phase == .answered, let error = error as? EgressError { onBodyFailure(error.code) }
            last.waiter?.resume(throwing: error)
            last.reader?.resume(throwing: error)
            last.task?.fail(reason: error)
        } else {
            last.reader?.resume(returning: nil)
        }
        last.demand?.succeed(())
    }

    /// Words for the log. Some errors of the client carry header values, which stay out of it.
    private static func describe(_ error: any Error) -> String {
        if let error = error as? HTTPClientError { return error.shortDescription }
        return String(String(describing: error).prefix(200))
    }
}

extension HTTPFields {
    /// Fields that HTTP doesn't allow are left out.
    init(_ headers: HTTPHeaders) {
        self.init()
        reserveCapacity(headers.count)
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { continue }
            append(HTTPField(name: name, value: value))
        }
    }
}
