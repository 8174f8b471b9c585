import Engines
import FoundationEssentials
import Media
import NIOCore
import TestKit
import Testing
import Vocabulary

@Suite("The sandbox: films")
struct SandboxFilmTests {
    let clock = TestClock()

    private func sandbox(log: String? = nil) -> Sandbox {
        var limits = SandboxLimits()
        limits.submissionsLog = log
        return Sandbox(limits: limits, surroundings: clock.surroundings)
    }

    private func request(
        _ prompt: String, seconds: Int = 2, aspect: AspectRatio = .landscape, rate: Int? = nil
    ) -> VideoRequest {
        VideoRequest(
            model: "sora-2", prompt: prompt, durationSeconds: seconds, aspectRatio: aspect, framesPerSecond: rate)
    }

    private func now(_ id: String = "job_1", fault: String? = nil) -> EngineCall {
        call(id, fault: fault, at: clock.now)
    }

    private func submit(_ prompt: String, fault: String? = nil) async throws -> VideoTicket {
        try await sandbox().submitVideo(request(prompt), now(fault: fault))
    }

    @Test(
        "a film has the length and the shape that were asked for",
        arguments: [(2, AspectRatio.landscape, 16, 9), (4, .portrait, 9, 16), (1, .square, 1, 1)])
    func film(seconds: Int, aspect: AspectRatio, across: Int, down: Int) async throws {
        let engine = sandbox()
        let ticket = try await engine.submitVideo(
            request("A kite over the sea", seconds: seconds, aspect: aspect), now())
        clock.advance(by: .seconds(2))
        guard case .ready(let ready) = try await engine.pollVideo(ticket, now()) else {
            Issue.record("not ready")
            return
        }
        let media = try await engine.fetchVideo(ready, now())
        let bytes = try await media.bytes()
        var inspector = MediaInspector(expecting: .video)
        try inspector.feed(bytes)
        let facts = try inspector.finish()
        #expect(facts.kind == .mp4)
        #expect(facts.width * down == facts.height * across)
        let length = try #require(facts.durationSeconds)
        #expect(abs(length - Double(seconds)) < 0.1)
        #expect(media.contentType == "video/mp4")
        #expect(media.length == Int64(bytes.count))
    }

    @Test("progress grows with the time, without any state")
    func progress() async throws {
        let ticket = try await submit("kite")
        var seen: [Int] = []
        for _ in 0..<3 {
            // A new engine each time: another process that only has the ticket.
            guard case .rendering(let progress, let pause) = try await sandbox().pollVideo(ticket, now()) else {
                Issue.record("not rendering")
                return
            }
            seen.append(progress)
            #expect((pause ?? .zero) > .zero)
            clock.advance(by: .milliseconds(499))
        }
        #expect(seen == [0, 33, 66])
        clock.advance(by: .milliseconds(3))
        #expect(try await sandbox().pollVideo(ticket, now()) == .ready(ticket))
    }

    @Test("a restarted process goes on with the ticket as it was stored")
    func restart() async throws {
        let stored = try JSONEncoder().encode(try await submit("kite"))
        let ticket = try JSONDecoder().decode(VideoTicket.self, from: stored)
        clock.advance(by: .seconds(5))
        let first = try await sandbox().fetchVideo(ticket, now()).bytes()
        let second = try await sandbox().fetchVideo(ticket, now()).bytes()
        #expect(first == second)
        #expect(first.count > 1_000)
    }

    @Test("the id follows from the call, so that a repetition shows")
    func deterministicID() async throws {
        #expect(try await submit("kite").id == submit("kite").id)
        #expect(try await submit("kite").id != submit("boat").id)
        #expect(try await submit("kite").id != sandbox().submitVideo(request("kite"), now("job_2")).id)
    }

    @Test("a canceled film is canceled")
    func cancel() async throws {
        let engine = sandbox()
        let ticket = try await engine.submitVideo(request("kite"), now())
        #expect(try await engine.cancelVideo(ticket, now()))
        #expect(try await engine.pollVideo(ticket, now()) == .canceled)
        #expect(await engineError { try await engine.fetchVideo(ticket, now()).length }?.code == .canceled)
    }

    @Test("a ticket of another engine isn't known")
    func foreignTicket() async {
        let ticket = VideoTicket(engine: "sandbox", model: "sandbox", id: "x", note: "{}")
        #expect(await engineError { try await sandbox().pollVideo(ticket, now()) }?.code == .jobNotFound)
    }

    @Test("a length that it doesn't make is refused")
    func badLength() async {
        let error = await engineError { try await sandbox().submitVideo(request("x", seconds: 61), now()) }
        #expect(error?.code == .unsupportedParameter)
    }

    // MARK: Faults

    @Test(
        "faults at the submission",
        arguments: [
            ("429", EngineError.Code.providerRateLimited), ("500", .providerError), ("moderated", .contentBlockedInput),
            ("drop", .submitUnknown),
        ])
    func submission(word: String, code: EngineError.Code) async {
        #expect(await engineError { try await submit("kite [sandbox:\(word)]") }?.code == code)
        #expect(await engineError { try await submit("kite", fault: word) }?.code == code)
    }

    @Test(
        "faults at the end of the work",
        arguments: [("fail", EngineError.Code.generationFailed), ("moderated-late", .contentBlockedOutput)])
    func lateFailure(word: String, code: EngineError.Code) async throws {
        let ticket = try await submit("kite [sandbox:\(word)]")
        clock.advance(by: .milliseconds(700))
        guard case .rendering = try await sandbox().pollVideo(ticket, now()) else {
            Issue.record("failed too early")
            return
        }
        clock.advance(by: .seconds(1))
        guard case .failed(let error) = try await sandbox().pollVideo(ticket, now()) else {
            Issue.record("didn't fail")
            return
        }
        #expect(error.code == code)
    }

    @Test("late takes ten times the render time, or the time given")
    func late() async throws {
        let usual = try await submit("kite [sandbox:late]")
        let given = try await submit("kite [sandbox:late=4s]")
        clock.advance(by: .seconds(5))
        #expect(try await sandbox().pollVideo(given, now()) == .ready(given))
        guard case .rendering(33, _) = try await sandbox().pollVideo(usual, now()) else {
            Issue.record("not a third done")
            return
        }
        clock.advance(by: .seconds(11))
        #expect(try await sandbox().pollVideo(usual, now()) == .ready(usual))
    }

    @Test("a film with an unknown fault isn't taken", arguments: ["teapot", "late=soon", "slow="])
    func unknownFault(word: String) async {
        #expect(await engineError { try await submit("kite [sandbox:\(word)]") }?.code == .unsupportedParameter)
    }

    @Test("no time is longer than an hour", arguments: ["9000000000000000s", "9000000000000000000ms", "106751991167d"])
    func hugeTimes(time: String) async throws {
        let ticket = try await submit("kite [sandbox:late=\(time)]")
        guard case .rendering(0, _) = try await sandbox().pollVideo(ticket, now()) else {
            Issue.record("not at its beginning")
            return
        }
        clock.advance(by: .seconds(3_600))
        #expect(try await sandbox().pollVideo(ticket, now()) == .ready(ticket))
        let fault = try SandboxFault.read(prompt: "kite [sandbox:slow=\(time)] [sandbox:late=\(time)]", header: nil)
            .fault
        #expect(fault.slow == 3_600_000)
        #expect(fault.late == 3_600_000)
    }

    @Test("a ticket from before times were cut can be polled")
    func hugeTicket() async throws {
        var ticket = try await submit("kite [sandbox:late=1s]")
        let note = try #require(ticket.note)
        ticket.note = note.replacing("\"renderTime\":1000000", with: "\"renderTime\":\(Int64.max)")
        #expect(ticket.note != note)
        guard case .rendering(0, let pause) = try await sandbox().pollVideo(ticket, now()) else {
            Issue.record("not at its beginning")
            return
        }
        #expect(pause.map { $0 > .seconds(3_600) } == true)
    }

    @Test("films that aren't what they say", arguments: ["garbage", "truncated"])
    func badFilm(word: String) async throws {
        let ticket = try await submit("kite [sandbox:\(word)]")
        let media = try await sandbox().fetchVideo(ticket, now())
        let bytes = try await media.bytes()
        var inspector = MediaInspector(expecting: .video)
        #expect(throws: MediaError.self) {
            try inspector.feed(bytes)
            _ = try inspector.finish()
        }
    }

    // MARK: The list of submissions

    @Test("every accepted film is one line, dropped ones too, refused ones not")
    func submissionsLog() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("submissions")
        let one = try await sandbox(log: path).submitVideo(request("kite\nin two lines"), now("job_1"))
        _ = await engineError { try await sandbox(log: path).submitVideo(request("kite [sandbox:drop]"), now("job_2")) }
        _ = await engineError { try await sandbox(log: path).submitVideo(request("kite [sandbox:500]"), now("job_3")) }
        let text = String(decoding: try #require(FileManager.default.contents(atPath: path)), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("job_1 \(one.id) ") == true)
        #expect(lines.last?.hasPrefix("job_2 ") == true)
    }

    @Test("a lost answer is found again in the list, after a restart too")
    func reconcile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("submissions")
        let ticket = try await sandbox(log: path).submitVideo(request("kite"), now("job_1"))
        _ = await engineError { try await sandbox(log: path).submitVideo(request("kite [sandbox:drop]"), now("job_2")) }
        #expect(try await sandbox(log: path).reconcile(.video, now("job_1")) == .taken(ticket))
        #expect(try await sandbox(log: path).reconcile(.video, now("job_2")) == .cannotTell)
        #expect(try await sandbox(log: path).reconcile(.video, now("job_3")) == .notTaken)
        #expect(try await sandbox().reconcile(.video, now("job_1")) == .notTaken)
    }

    @Test("what it dropped on demand it can't tell")
    func reconcileDropped() async throws {
        let engine = sandbox()
        _ = await engineError { try await engine.submitVideo(request("[sandbox:drop]"), now("job_1")) }
        #expect(try await engine.reconcile(.video, now("job_1")) == .cannotTell)
    }

    @Test("a list that can't be written accepts nothing")
    func unwritableLog() async {
        let error = await engineError {
            try await sandbox(log: "/nowhere/at/all").submitVideo(request("kite"), now())
        }
        #expect(error?.code == .connectionFailed)
    }
}
