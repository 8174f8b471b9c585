import Testing

@testable import WebAPI

@Suite("Deadlines")
struct DeadlineTests {
    @Test("work that is over in time has its value, whether it waits or not")
    func inTime() async throws {
        #expect(try await Deadline.within(.seconds(60)) { 1 } == 1)
        let late = try await Deadline.within(.seconds(60)) {
            try await Task.sleep(for: .milliseconds(20))
            return 2
        }
        #expect(late == 2)
    }

    @Test("work that isn't over in time is cancelled, and there is no value")
    func tooLate() async throws {
        let value = try await Deadline.within(.milliseconds(20)) {
            try await Task.sleep(for: .seconds(600))
            return 1
        }
        #expect(value == nil)
    }

    @Test("an error comes through, whether the work waits or not")
    func failing() async {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await Deadline.within(.seconds(60)) { throw Failure() } }
        await #expect(throws: Failure.self) {
            try await Deadline.within(.seconds(60)) {
                try await Task.sleep(for: .milliseconds(20))
                throw Failure()
            }
        }
    }

    @Test("who is cancelled doesn't wait for the time to be over")
    func cancelled() async {
        let task = Task {
            try await Deadline.within(.seconds(600)) { try await Task.sleep(for: .seconds(600)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
