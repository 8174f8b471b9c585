import Foundation
import ProviderDoubles
import Synchronization
import TestKit
import Testing
import Vocabulary

/// The program is killed over and over while films are ordered and made. `ATELIER_KILL_JOBS` and `ATELIER_KILLS` make
/// the run longer: `make kill-loop`.
@Suite("Killed at any moment", .serialized)
struct KillLoopTests {
    private static func number(_ name: String, default value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    @Test("no accepted film is lost, none is submitted twice, and every webhook arrives")
    func killLoop() async throws {
        let jobs = Self.number("ATELIER_KILL_JOBS", default: 50)
        let kills = Self.number("ATELIER_KILLS", default: 5)
        let folder = try TemporaryFolder("atelier-kill")
        let receiver = try await WebhookReceiver.start()
        let program = Program(folder: folder)
        let accepted = try await withWebClient { client in
            try await program.start()
            let token = try await program.token()
            let accepted = try await withThrowingTaskGroup(of: [String].self) { group in
                group.addTask { try await Self.order(jobs, from: program, client, token, hook: receiver.url) }
                group.addTask {
                    for _ in 0..<kills {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 150...900)))
                        try await program.killAndRestart()
                    }
                    return []
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try await eventually(within: .seconds(180), "every film ends") {
                let open = try await Self.unfinished(program, client, token)
                return open == 0
            }
            for id in accepted {
                let answer = try await client.get("\(program.base)/v1/content/jobs/\(id)", token: token)
                #expect(answer.status == 200)
                #expect(answer.text.contains(#""status":"completed""#), "\(answer.text)")
            }
            try await eventually(within: .seconds(60), "every webhook arrives") {
                Set(receiver.deliveries.compactMap(Self.completedJob)).isSuperset(of: accepted)
            }
            return accepted
        }
        await receiver.stop()
        await program.stop()

        #expect(Set(accepted).count == jobs)
        let submissions = try program.submissions()
        for (id, count) in submissions { #expect(count == 1, "\(id) was submitted \(count) times") }
        #expect(Set(submissions.keys) == Set(accepted), "what was accepted is what was submitted")
        var messages: [String: Set<String>] = [:]
        for delivery in receiver.deliveries {
            guard let job = Self.completedJob(delivery) else { continue }
            messages[job, default: []].insert(
                delivery.headers.first { $0.name.lowercased() == "webhook-id" }?.value ?? "")
        }
        #expect(messages.values.allSatisfy { $0.count == 1 }, "a message has one id on every try")
    }

    /// Orders films until so many are accepted. A request whose outcome is unknown is made again with the same key.
    private static func order(
        _ count: Int, from program: Program, _ client: WebClient, _ token: String, hook: String
    ) async throws -> [String] {
        var ids: [String] = []
        for number in 0..<count {
            var accepted: String?
            try await eventually(within: .seconds(60), "film \(number) is accepted") {
                guard
                    let answer = try? await client.post(
                        "\(program.base)/v1/content/generate/video", token: token,
                        json: #"{"prompt":"film \#(number)","model":"sora-2","duration":4,"webhook_url":"\#(hook)"}"#,
                        headers: ["Idempotency-Key": "film-\(number)"])
                else { return false }
                guard answer.status == 202 else { return false }
                accepted = Self.value("job_id", in: answer.text)
                return accepted != nil
            }
            ids.append(accepted ?? "")
            try await Task.sleep(for: .milliseconds(20))
        }
        return ids
    }

    private static func unfinished(_ program: Program, _ client: WebClient, _ token: String) async throws -> Int {
        var open = 0
        for status in ["pending", "processing"] {
            let answer = try await client.get(
                "\(program.base)/v1/content/jobs?status=\(status)&limit=200", token: token)
            open += answer.text.components(separatedBy: #""job_id""#).count - 1
        }
        return open
    }

    private static func completedJob(_ delivery: HTTPDouble.Request) -> String? {
        delivery.text.contains(#""status":"completed""#) ? value("job_id", in: delivery.text) : nil
    }

    /// The first text member of that name in a JSON text.
    private static func value(_ name: String, in json: String) -> String? {
        guard let start = json.firstRange(of: "\"\(name)\":\"")?.upperBound,
            let end = json[start...].firstIndex(of: "\"")
        else { return nil }
        return String(json[start..<end])
    }
}

/// The server of one data folder, over its many lives.
private final class Program: Sendable {
    private let folder: TemporaryFolder
    private let life = Mutex<(process: AtelierProcess?, base: String)>((nil, ""))

    init(folder: TemporaryFolder) { self.folder = folder }

    var base: String { life.withLock { $0.base } }

    private var environment: [String: String] {
        [
            "ATELIER_EGRESS_ALLOW": "127.0.0.0/8", "ATELIER_SANDBOX_RENDER_TIME": "300ms",
            "ATELIER_SANDBOX_SUBMISSIONS_LOG": folder.file("submissions"),
            "ATELIER_WEBHOOK_RETRIES": Array(repeating: "500ms", count: 20).joined(separator: ","),
            "ATELIER_QUEUE_LEASE": "2s", "ATELIER_QUEUE_HEARTBEAT": "500ms", "ATELIER_RATE_LIMIT": "0",
            "ATELIER_IDEMPOTENCY_TTL": "1h",
        ]
    }

    func start() async throws {
        let (process, base) = try await AtelierProcess.serve(environment: environment, in: folder)
        life.withLock { $0 = (process, base) }
    }

    func killAndRestart() async throws {
        guard let process = life.withLock({ $0.process }) else { return }
        process.kill()
        _ = try await process.wait()
        try await start()
    }

    func stop() async {
        let process = life.withLock { $0.process }
        process?.terminate()
        _ = try? await process?.wait()
    }

    func token() async throws -> String {
        let ended = try await AtelierProcess.run(["token", "--tenant", "kill"], environment: environment, in: folder)
        return ended.output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
    }

    /// How often each job was submitted to the engine.
    func submissions() throws -> [String: Int] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: folder.file("submissions"))), as: UTF8.self)
        var counts: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let job = line.prefix { $0 != "." && $0 != " " }
            counts[String(job), default: 0] += 1
        }
        return counts
    }
}
