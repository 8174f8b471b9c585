import Database
import TestKit

extension DatabaseExam {
    /// Listeners of a channel, each of them, wake when a transaction is on disk, see its rows, and don't wake for
    /// one that was rolled back or for another channel.
    package func runNotifications() async throws {
        let database = try await database()
        let jobs = Channel("exam_jobs")
        let other = Channel("exam_other")
        let jobsHeard = [Tally(), Tally()]
        let otherHeard = Tally()
        let rowsSeen = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tally in jobsHeard {
                let stream = database.notifications(on: jobs)
                group.addTask {
                    for await _ in stream {
                        if try await ids(in: database).contains("kept") { rowsSeen.add() }
                        tally.add()
                    }
                }
            }
            let stream = database.notifications(on: other)
            group.addTask { for await _ in stream { otherHeard.add() } }

            // A driver may need a moment before it listens, so notify until it is heard.
            try await eventually("a listener wakes") {
                try await database.write(as: .system) { $0.notify(other) }
                return otherHeard.count > 0
            }
            try expectEqual(jobsHeard.map(\.count), [0, 0], "notifications of another channel")
            do {
                try await database.write(as: .system) { tx in
                    tx.notify(jobs)
                    throw ChangedMind()
                }
            } catch is ChangedMind {}
            let before = otherHeard.count
            try await database.write(as: .system) { $0.notify(other) }
            try await eventually("the later notification is heard") { otherHeard.count > before }
            try expectEqual(jobsHeard.map(\.count), [0, 0], "notifications of what was rolled back")

            try await database.write(as: .system) { tx in
                tx.notify(jobs)
                try tx.execute("INSERT INTO exam_values (id) VALUES (\("kept"))")
                tx.notify(jobs)
            }
            try await eventually("both listeners wake") { jobsHeard.allSatisfy { $0.count >= 1 } }
            try expectEqual(rowsSeen.count, jobsHeard.reduce(0) { $0 + $1.count }, "listeners that saw the row")
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}
