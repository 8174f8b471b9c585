import Dispatch
import FoundationEssentials
import Glibc

/// A file with a line for every film that was accepted: the request's id, the film's id, the ticket's note. A test can
/// count submissions over many lives of a process, and what a process forgot is found again. Each line is one write at
/// the end of the file.
struct SubmissionsLog: Sendable {
    var path: String
    private let lane = DispatchQueue(label: "sandbox.submissions", qos: .utility)

    init(path: String) { self.path = path }

    /// - Throws: `EngineError` with `.connectionFailed` when the line can't be written: then nothing was accepted.
    func append(requestID: String, _ ticket: VideoTicket) async throws {
        let line = "\(requestID) \(ticket.id) \(ticket.note ?? "")"
        try await onLane { try write(line) }
    }

    /// The first ticket given under that request id; nil when there is none.
    func ticket(requestID: String, engine: String) async throws -> VideoTicket? {
        try await onLane {
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
            guard let line = lines.first(where: { $0.hasPrefix("\(requestID) ") }) else { return nil }
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count == 3 else { return nil }
            return VideoTicket(engine: engine, model: Sandbox.model, id: parts[1], note: parts[2])
        }
    }

    private func onLane<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            lane.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private func write(_ line: String) throws {
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        let bytes = Array("\(line)\n".utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw failure() }
    }

    private func failure() -> EngineError {
        EngineError(
            .connectionFailed, "the sandbox can't write its list of submissions",
            providerDetail: "\(path): errno \(errno)")
    }
}
