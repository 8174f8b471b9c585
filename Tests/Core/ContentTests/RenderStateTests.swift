import Engines
import Testing
import Vocabulary

@testable import Content

@Suite("The state machine of a render")
struct RenderStateTests {
    private let now = Timestamp(seconds: 1_800_000_000)
    private let pace = RenderPace(
        whole: .seconds(60), firstPoll: .seconds(1), pollInterval: .seconds(5), fetchAttempts: 3,
        fetchPatience: .seconds(900))
    private let ticket = VideoTicket(engine: "e", model: "m", id: "1")

    private func state() throws -> RenderState {
        let job = ContentJob(
            id: Surroundings.system.newID(), tenant: try tenant("acme"), type: .video, status: .pending, phase: .queued,
            progress: 0, model: "sora-2", isTest: false, attempts: [], createdAt: now, updatedAt: now)
        return RenderState(
            job: job, request: RenderRequest(prompt: "p"), submissions: 0, fetches: 0, events: 1,
            deadline: nil, requestID: "r")
    }

    @Test("each phase has its step, and an ended or unknown job has none")
    func steps() throws {
        var state = try state()
        #expect(state.step(at: now) == .submit)
        state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
        #expect(state.step(at: now) == .reconcile)
        #expect(state.accepted(ticket, attempt: nil, pace: pace, at: now) == .again(at: now + .seconds(1)))
        #expect(state.step(at: now) == .poll(ticket))
        #expect(state.ready(ticket, pace: pace, at: now) == .again(at: now))
        #expect(state.step(at: now) == .fetch(ticket))
        _ = state.fail(EngineError(.providerTimeout, "late"), at: now)
        #expect(state.step(at: now) == .rest)
        var lost = try self.state()
        lost.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
        #expect(lost.lostSight(at: now) == .over)
        #expect(lost.job.phase == .unknown && lost.job.status == .processing)
        #expect(lost.step(at: now + .seconds(600)) == .rest)
    }

    @Test("what was begun is asked about, polled and fetched even after the deadline: it may be paid for")
    func late() throws {
        let later = now + .seconds(600)
        var state = try state()
        state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
        #expect(state.step(at: later) == .reconcile)
        _ = state.accepted(ticket, attempt: nil, pace: pace, at: now)
        #expect(state.step(at: later) == .poll(ticket))
        var ready = state
        #expect(ready.ready(ticket, pace: pace, at: later) == .again(at: later))
        #expect(!ready.isOver(at: later + .seconds(899)) && ready.isOver(at: later + .seconds(900)))
        #expect(state.progressed(to: 50, nextPoll: nil, pace: pace, at: later) == .abandoned(ticket))
        #expect(state.job.failure?.code == "provider_timeout")
    }

    @Test("waiting in line doesn't count: the engine's time begins with the first create")
    func waiting() throws {
        var state = try state()
        #expect(state.step(at: now + .seconds(86_400)) == .submit)
        state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
        _ = state.notTaken(at: now)
        #expect(state.step(at: now + .seconds(59)) == .submit)
        #expect(state.step(at: now + .seconds(60)) == .expire)
    }

    @Test("when no engine can be asked it is tried again while there is time, unless that will never change")
    func route() throws {
        var state = try state()
        let down = EngineError(.connectionFailed, "x")
        #expect(state.routeFailed(down, pace: pace, fraction: 0, at: now) != .over)
        #expect(state.job.waitingBecause != nil && state.job.status == .pending)
        #expect(state.routeFailed(down, pace: pace, fraction: 0, at: now + .seconds(60)) == .over)
        var other = try self.state()
        #expect(other.routeFailed(EngineError(.modelNotFound, "x"), pace: pace, fraction: 0, at: now) == .over)
        #expect(other.job.status == .failed)
    }

    @Test(
        "after a failed create: again, elsewhere, unknown, or failed, as the code says",
        arguments: EngineError.Code.allCases)
    func submitFailures(code: EngineError.Code) throws {
        for other in [false, true] {
            var state = try state()
            state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
            let attempt = EngineAttempt(engine: "e", model: "m", code: code, startedAt: now, milliseconds: 1)
            let next = state.submitFailed(
                EngineError(code, "x"), attempt: attempt, otherEngine: other, pace: pace, fraction: 0, at: now)
            switch code {
            case .submitUnknown, .providerTimeout, .streamInterrupted, .providerError:
                #expect(next == .over && state.job.phase == .unknown && state.job.status == .processing)
            case .connectionFailed, .circuitOpen, .providerRateLimited, .providerOverloaded:
                #expect(next != .over && state.job.status == .pending && state.job.waitingBecause != nil)
            case .generationFailed, .contentBlockedOutput, .assetDownloadFailed, .assetExpired:
                #expect(next == .over && state.job.status == .failed)
            default:
                #expect((next == .over) == !other)
                #expect(state.job.status == (other ? .pending : .failed))
            }
            #expect(state.job.attempts.count == 1)
        }
    }

    @Test("an error that the provider answered is a refusal; one from between us leaves it unknown")
    func whoAnswered() throws {
        for (status, isUnknown) in [(500, false), (503, false), (529, false), (502, true), (504, true), (200, true)] {
            var state = try state()
            state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
            _ = state.submitFailed(
                EngineError(.providerError, "x", httpStatus: status), attempt: nil, otherEngine: false, pace: pace,
                fraction: 0, at: now)
            #expect((state.job.phase == .unknown) == isUnknown, "\(status)")
        }
    }

    @Test("a provider's own errors are tried again twice, and no try is planned past the deadline")
    func bounds() throws {
        var state = try state()
        let error = EngineError(.providerError, "x", httpStatus: 500)
        var ends = 0
        for round in 1...3 {
            state.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
            let attempt = EngineAttempt(engine: "e", model: "m", code: .providerError, startedAt: now, milliseconds: 1)
            let next = state.submitFailed(error, attempt: attempt, otherEngine: false, pace: pace, fraction: 0, at: now)
            if next == .over { ends = round }
        }
        #expect(ends == 3 && state.job.status == .failed)
        var late = try self.state()
        late.beginSubmit(engine: "e", servedBy: "m", within: pace.whole, at: now)
        let refused = EngineError(.providerRateLimited, "x", retryAfter: .seconds(120))
        #expect(late.submitFailed(refused, attempt: nil, otherEngine: false, pace: pace, fraction: 0, at: now) == .over)
        #expect(late.job.status == .failed)
    }

    @Test("a question without an answer changes nothing but the time of the next one")
    func polls() throws {
        var state = try state()
        _ = state.accepted(ticket, attempt: nil, pace: pace, at: now)
        _ = state.progressed(to: 40, nextPoll: nil, pace: pace, at: now)
        #expect(state.job.progress == 40)
        #expect(state.progressed(to: 20, nextPoll: .seconds(2), pace: pace, at: now) == .again(at: now + .seconds(2)))
        #expect(state.job.progress == 40)
        #expect(state.progressed(to: 100, nextPoll: nil, pace: pace, at: now) == .again(at: now + .seconds(5)))
        #expect(state.job.progress == 99)
        for code in [EngineError.Code.providerTimeout, .providerError, .connectionFailed, .providerAuth] {
            let next = state.pollFailed(EngineError(code, "x"), pace: pace, fraction: 0.5, at: now)
            #expect(next == .again(at: now + .seconds(5)))
            #expect(state.job.status == .processing && state.job.waitingBecause != nil)
        }
        #expect(state.pollFailed(EngineError(.jobNotFound, "x"), pace: pace, fraction: 0, at: now) == .over)
        #expect(state.job.status == .failed)
    }

    @Test("a fetch is tried as often as allowed; starting anew forgets the former outcome")
    func fetches() throws {
        var state = try state()
        _ = state.ready(ticket, pace: pace, at: now)
        let error = EngineError(.assetDownloadFailed, "x")
        for _ in 1..<3 {
            #expect(state.fetchFailed(error, pace: pace, fraction: 0, at: now) != .over)
        }
        #expect(state.fetchFailed(error, pace: pace, fraction: 0, at: now) == .over)
        #expect(state.job.failure?.code == "asset_download_failed" && state.job.failure?.isRetryable == true)
        // The film is there and paid for: once more means getting it.
        let later = now + .seconds(5000)
        #expect(state.restart(pace: pace, at: later) == .again(at: later))
        #expect(state.job.status == .processing && state.job.failure == nil && state.job.completedAt == nil)
        #expect(state.fetches == 0 && state.step(at: later) == .fetch(ticket))
        // A film that is no film is made anew.
        _ = state.fail(EngineError(.generationFailed, "x"), at: later)
        _ = state.restart(pace: pace, at: later)
        #expect(state.ticket == nil && state.step(at: later) == .submit && state.job.progress == 0)
    }

    @Test("trouble on the way to the file doesn't count as a failed fetch, and the provider's wish is heard")
    func passingTrouble() throws {
        var state = try state()
        _ = state.ready(ticket, pace: pace, at: now)
        for code in [EngineError.Code.circuitOpen, .connectionFailed, .providerOverloaded, .providerRateLimited] {
            let error = EngineError(code, "x", retryAfter: .seconds(100))
            #expect(
                state.fetchFailed(error, pace: pace, fraction: 0, at: now) == .again(at: now + .seconds(100)))
        }
        #expect(state.fetches == 0)
        let late = now + .seconds(850)
        #expect(
            state.fetchFailed(
                EngineError(.circuitOpen, "x", retryAfter: .seconds(100)), pace: pace, fraction: 0, at: late)
                == .over)
    }
}
