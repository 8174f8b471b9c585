import Synchronization
package import Vocabulary

/// How an engine is doing, judged by the calls of this process and by whether it answers now.
package struct EngineHealth: Sendable, Hashable {
    package var engine: String
    /// False when nothing answers where it is, and after several failures in a row that speak against the engine, the
    /// last of them recent.
    package var isReachable: Bool
    package var failuresInARow: Int
    /// Of the last failure that spoke against it; nil after a success.
    package var lastFailure: EngineError.Code?
    package var lastFailureAt: Timestamp?
}

/// The latest outcomes per engine. Nothing is called to know them, so asking is cheap.
final class EngineHealthBook: Sendable {
    /// After that many failures in a row an engine counts as not reachable…
    static let failuresThatCount = 3
    /// …for that long after the last of them: a later call has to show how it is.
    static let memory = Duration.seconds(60)

    private struct Record {
        var failures = 0
        var code: EngineError.Code?
        var at: Timestamp?
    }

    private let records = Mutex<[String: Record]>([:])

    func note(_ code: EngineError.Code?, of engine: String, at moment: Timestamp) {
        if let code, !code.speaksAgainstEngine { return }
        records.withLock { records in
            guard let code else {
                records[engine] = nil
                return
            }
            records[engine, default: Record()].failures += 1
            records[engine]?.code = code
            records[engine]?.at = moment
        }
    }

    func health(of engine: String, at moment: Timestamp) -> EngineHealth {
        let record = records.withLock { $0[engine] } ?? Record()
        let isRecent = record.at.map { moment - $0 < Self.memory } ?? false
        return EngineHealth(
            engine: engine, isReachable: record.failures < Self.failuresThatCount || !isRecent,
            failuresInARow: record.failures, lastFailure: record.code, lastFailureAt: record.at)
    }
}
