import Database
import Logging
import Metrics
import Synchronization

/// The one writer: takes all the bodies that wait, runs them in one transaction with a savepoint each, and commits
/// once, so that any number of concurrent writers costs one wait for the disk.
///
/// A body that throws undoes its own savepoint alone. Nothing waits for a group to fill: what is there is committed.
/// When the commit itself fails, every caller of the group gets the error.
final class GroupCommit: Sendable {
    private struct State {
        var waiting: [any WaitingWrite] = []
        var isScheduled = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let committed = Atomic<Int>(0)
    private let file: SQLiteFile
    private let limits: DatabaseSQLiteLimits
    private let listeners: NotificationFanOut
    private let logger: Logger
    private let durations = Metrics.Timer(label: "atelier_sqlite_commit_seconds")
    private let sizes = Recorder(label: "atelier_sqlite_commit_group")

    init(file: SQLiteFile, limits: DatabaseSQLiteLimits, listeners: NotificationFanOut, logger: Logger) {
        self.file = file
        self.limits = limits
        self.listeners = listeners
        self.logger = logger
    }

    /// How many commits there were.
    var commits: Int { committed.load(ordering: .relaxed) }

    /// How many writers wait, those of the running group not counted.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Queues a write. It is refused at once when the queue is full or closed.
    func add(_ write: any WaitingWrite) {
        let refusal = state.withLock { state -> DatabaseError? in
            if state.isClosed { return DatabaseError(.unavailable, "the database is closed") }
            guard state.waiting.count < limits.queue else {
                return DatabaseError(.unavailable, "\(limits.queue) writers wait already")
            }
            state.waiting.append(write)
            if !state.isScheduled {
                state.isScheduled = true
                file.onWriter { self.drain($0) }
            }
            return nil
        }
        if let refusal { write.finish(refusal) }
    }

    /// Refuses further writes; those that wait are still carried out.
    func close() { state.withLock { $0.isClosed = true } }

    private func drain(_ connection: SQLiteConnection) {
        while let group = next() { run(group, on: connection) }
    }

    private func next() -> [any WaitingWrite]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isScheduled = false
                return nil
            }
            let group = Array(state.waiting.prefix(limits.group))
            state.waiting.removeFirst(group.count)
            return group
        }
    }

    private func run(_ group: [any WaitingWrite], on connection: SQLiteConnection) {
        do {
            let outcomes = try commit(group, on: connection)
            for case .kept(let transaction) in outcomes { transaction.announce(to: listeners) }
            for (write, outcome) in zip(group, outcomes) { write.finish(outcome.error) }
        } catch let error as DatabaseError where error.isOfData && group.count > 1 {
            // A deferred constraint shows only at the commit, and not whose it is: each on its own, then.
            for write in group { run([write], on: connection) }
        } catch {
            logger.error("commit failed", metadata: ["error": "\(error)", "writers": "\(group.count)"])
            for write in group { write.finish(error) }
        }
    }

    private enum Outcome {
        case kept(SQLiteTransaction)
        case undone(any Error)

        var error: (any Error)? { if case .undone(let error) = self { error } else { nil } }
    }

    private func commit(_ group: [any WaitingWrite], on connection: SQLiteConnection) throws -> [Outcome] {
        do {
            try connection.begin()
            let outcomes = try group.map { try outcome(of: $0, on: connection) }
            guard outcomes.contains(where: { $0.error == nil }) else {
                connection.rollback()
                return outcomes
            }
            let duration = try ContinuousClock().measure { try connection.commit() }
            committed.add(1, ordering: .relaxed)
            durations.record(duration: duration)
            sizes.record(group.count)
            return outcomes
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// Runs one body in its savepoint.
    /// - Throws: when the group's transaction is lost.
    private func outcome(of write: any WaitingWrite, on connection: SQLiteConnection) throws -> Outcome {
        let transaction = SQLiteTransaction(scope: write.scope, on: connection)
        try connection.setSavepoint()
        var failure: (any Error)?
        do { try write.run(in: transaction) } catch { failure = error }
        guard connection.isInTransaction else {
            let cause = failure.map { "\($0)" } ?? "the body hid the cause"
            throw DatabaseError(.unavailable, "SQLite gave up the transaction: \(cause)")
        }
        if let failure {
            try connection.undoSavepoint()
            return .undone(failure)
        }
        try connection.releaseSavepoint()
        return .kept(transaction)
    }
}

extension DatabaseError {
    /// Whether the data of a body is to blame.
    fileprivate var isOfData: Bool { code == .foreignKey || code == .constraint || code == .unique }
}
