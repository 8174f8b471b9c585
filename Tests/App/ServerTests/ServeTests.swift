import Glibc
import ProviderDoubles
import TestKit
import Testing

/// A running server, as those who install it see it.
@Suite("Serving", .serialized)
struct ServeTests {
    private static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) }
    private static func isMP4(_ bytes: [UInt8]) -> Bool { bytes.dropFirst(4).starts(with: Array("ftyp".utf8)) }

    /// The calls of the banner, as they stand.
    private static func calls(_ output: String) -> [String] {
        output.split(separator: "\n").map(String.init).filter { $0.contains("curl -sS ") }
    }

    @Test("the three calls of the banner work when they are pasted", arguments: ["all", "generation,worker"])
    func banner(role: String) async throws {
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            ["--role", role], environment: ["ATELIER_SANDBOX_RENDER_TIME": "100ms"], in: folder)
        try await eventually("the banner is whole") { Self.calls(server.output).count == 3 }
        let calls = Self.calls(server.output)
        var outputs: [String] = []
        for call in calls {
            let ended = try await AtelierProcess.run(
                ["-c", call], in: folder, within: .seconds(120), executable: "/bin/bash")
            #expect(ended.status == 0 && ended.errors.isEmpty, "\(call): \(ended.errors)")
            outputs.append(ended.output.trimmed)
        }
        #expect(outputs[0].contains("\"content\":") && outputs[0].contains("sandbox"))
        try await withWebClient { client in
            for (output, isGood) in zip(outputs.dropFirst(), [Self.isPNG, Self.isMP4]) {
                #expect(output.hasPrefix(base + "/v1/files/"), "\(output)")
                let file = try await client.get(output)
                #expect(file.status == 200 && isGood(file.body))
            }
        }
        server.terminate()
        #expect(try await server.wait().status == 0)
    }

    @Test("quiet prints nothing, and logs go to the standard error as lines of JSON")
    func quiet() async throws {
        let folder = try TemporaryFolder()
        let server = try AtelierProcess(["serve", "--port", "0", "--quiet"], in: folder)
        try await eventually(within: .seconds(60), "the server says that it is ready") {
            server.errors.contains("\"ready\"")
        }
        server.terminate()
        let ended = try await server.wait()
        #expect(ended.status == 0 && ended.output.isEmpty)
        #expect(ended.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }

    @Test("a worker works the jobs that another process took in")
    func worker() async throws {
        let folder = try TemporaryFolder()
        let settings = ["ATELIER_SANDBOX_RENDER_TIME": "100ms", "ATELIER_QUEUE_POLL_BACKSTOP": "200ms"]
        let (server, base) = try await AtelierProcess.serve(
            ["--role", "gateway,generation"], environment: settings, in: folder)
        let worker = try AtelierProcess(["worker"], environment: settings, in: folder)
        try await eventually(within: .seconds(60), "the worker is ready") { worker.output.contains("works the queue") }
        let film = folder.file("film.mp4")
        let made = try await AtelierProcess.run(
            ["generate", "video", "Waves", "--duration", "4", "-o", film, "--url", base], in: folder,
            within: .seconds(120))
        #expect(made.status == 0, "\(made.errors)")
        #expect(Self.isMP4(try #require(Files.bytes(film))))
        worker.terminate()
        #expect(try await worker.wait().status == 0)
        server.terminate()
        #expect(try await server.wait().status == 0)
    }

    @Test("generate writes a text, an image and a film")
    func generate() async throws {
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_SANDBOX_RENDER_TIME": "300ms"], in: folder)
        func generate(_ arguments: String...) async throws -> AtelierProcess.Ended {
            try await AtelierProcess.run(
                ["generate"] + arguments + ["--url", base], in: folder, within: .seconds(120))
        }
        let text = try await generate("text", "A coffee that keeps its promise", "--type", "social-post")
        #expect(text.status == 0 && text.output.contains("sandbox") && text.output.hasSuffix("\n"), "\(text.errors)")
        #expect(text.errors.isEmpty)

        let kept = try await generate("text", "A coffee that keeps its promise", "-o", "post.txt")
        #expect(kept.status == 0 && kept.output.isEmpty)
        #expect(
            Files.bytes(folder.file("post.txt")).map { String(decoding: $0, as: UTF8.self).contains("sandbox") } == true
        )

        let image = try await generate("image", "A red bicycle", "--size", "1024x1024", "-o", "bicycle.png")
        #expect(image.status == 0 && image.output.isEmpty, "\(image.errors)")
        #expect(Self.isPNG(try #require(Files.bytes(folder.file("bicycle.png")))))

        let film = try await generate("video", "Waves", "--duration", "4", "--aspect", "9:16", "-o", "waves.mp4")
        #expect(film.status == 0, "\(film.errors)")
        #expect(film.errors.contains("100% ") && film.errors.hasSuffix("wrote waves.mp4\n"))
        #expect(Self.isMP4(try #require(Files.bytes(folder.file("waves.mp4")))))
        #expect(!Files.names(in: folder.path).contains { $0.contains(".part-") })

        let refused = try await generate("video", "Waves", "--model", "sora-2", "--duration", "5")
        #expect(refused.status == 1 && refused.errors.contains("(request "))
        let unwritable = try await generate("image", "A red bicycle", "-o", "nowhere/at/all.png")
        #expect(unwritable.status == 1 && unwritable.errors.contains("nowhere/at/all.png"))
        let badToken = try await generate("text", "Hello", "--token", "nonsense")
        #expect(badToken.status == 1)

        server.terminate()
        #expect(try await server.wait().status == 0)
        let gone = try await generate("text", "Hello")
        #expect(gone.status == 69 && gone.errors.contains("atelier serve"))
    }

    @Test("generate waits for a server that is killed and comes back, and still writes the film")
    func generateThroughRestart() async throws {
        let folder = try TemporaryFolder()
        let settings = [
            "ATELIER_SANDBOX_RENDER_TIME": "3s", "ATELIER_QUEUE_LEASE": "2s", "ATELIER_QUEUE_HEARTBEAT": "500ms",
        ]
        let (first, base) = try await AtelierProcess.serve(environment: settings, in: folder)
        let port = try #require(base.split(separator: ":").last.map(String.init))
        let film = try AtelierProcess(
            ["generate", "video", "Waves", "--duration", "4", "-o", "waves.mp4", "--port", port], in: folder)
        try await eventually(within: .seconds(60), "the film is at work") { film.errors.contains("% rendering") }
        first.kill()
        _ = try await first.wait()
        let second = try AtelierProcess(["serve", "--port", port], environment: settings, in: folder)
        let ended = try await film.wait(within: .seconds(120))
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(Self.isMP4(try #require(Files.bytes(folder.file("waves.mp4")))))
        second.terminate()
        #expect(try await second.wait().status == 0)
    }

    @Test("without a credential, generate says how to get one, and makes none for a server elsewhere")
    func noCredential() async throws {
        let folder = try TemporaryFolder()
        let empty = try await AtelierProcess.run(["generate", "text", "Hello"], in: folder)
        #expect(empty.status == 1 && empty.errors.contains("atelier token --tenant NAME"))
        _ = try await AtelierProcess.run(["token", "--tenant", "acme"], in: folder)
        let elsewhere = try await AtelierProcess.run(
            ["generate", "text", "Hello", "--url", "http://atelier.invalid"], in: folder)
        #expect(elsewhere.status == 1 && elsewhere.errors.contains("http://atelier.invalid"))
    }

    @Test("SIGTERM lets the requests at work end: all are answered, and the exit is clean")
    func drain() async throws {
        let double = try await HTTPDouble.start { request in
            if request.method == "GET" { return .init(200, json: #"{"data":[{"id":"slow","object":"model"}]}"#) }
            return .init(
                200,
                json: """
                    {"id":"1","object":"chat.completion","model":"slow","choices":[{"index":0,"finish_reason":"stop",
                    "message":{"role":"assistant","content":"At last."}}],
                    "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}
                    """
            ).after(.seconds(3))
        }
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_LOCAL_ENGINES": "slow=\(double.url)/v1"], in: folder)
        let token = try await AtelierProcess.run(["token", "--tenant", "acme"], in: folder).output.trimmed
        let count = 20
        try await withWebClient { client in
            try await withThrowingTaskGroup(of: WebClient.Answer.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await client.post(
                            base + "/v1/content/generate/text", token: token,
                            json: #"{"prompt":"Hello","model":"slow/slow"}"#)
                    }
                }
                try await eventually(within: .seconds(60), "all requests are at work") {
                    double.requests.filter { $0.method == "POST" }.count >= count
                }
                server.terminate()
                for try await answer in group {
                    #expect(answer.status == 200 && answer.text.contains("At last."), "\(answer.status) \(answer.text)")
                }
            }
        }
        let ended = try await server.wait(within: .seconds(60))
        #expect(ended.status == 0, "\(ended.errors)")
        await double.stop()
    }

    @Test("an open stream doesn't keep a stopping server longer than its grace")
    func grace() async throws {
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_GRACE": "2s", "ATELIER_SANDBOX_RENDER_TIME": "10m"], in: folder)
        let token = try await AtelierProcess.run(["token", "--tenant", "acme"], in: folder).output.trimmed
        try await withWebClient { client in
            let made = try await client.post(
                base + "/v1/content/generate/video", token: token, json: #"{"prompt":"Waves","duration_seconds":4}"#)
            let mark = try #require(made.text.firstRange(of: "\"job_id\":\""))
            let id = made.text[mark.upperBound...].prefix { $0 != "\"" }
            let listener = Task { try await client.get(base + "/v1/content/jobs/\(id)/events", token: token) }
            try await Task.sleep(for: .milliseconds(500))
            server.terminate()
            #expect(try await server.wait(within: .seconds(40)).status == 0)
            listener.cancel()
            _ = try? await listener.value
        }
    }

    @Test("a second signal ends a stopping server at once")
    func secondSignal() async throws {
        let double = try await HTTPDouble.start { request in
            request.method == "GET" ? .init(200, json: #"{"data":[{"id":"slow","object":"model"}]}"#) : .hang
        }
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_LOCAL_ENGINES": "slow=\(double.url)/v1", "ATELIER_GRACE": "10m"], in: folder)
        let token = try await AtelierProcess.run(["token", "--tenant", "acme"], in: folder).output.trimmed
        try await withWebClient { client in
            let request = Task {
                try await client.post(
                    base + "/v1/content/generate/text", token: token, json: #"{"prompt":"Hello","model":"slow/slow"}"#)
            }
            try await eventually(within: .seconds(60), "the request is at work") {
                double.requests.contains { $0.method == "POST" }
            }
            server.terminate()
            try await eventually(within: .seconds(20), "the server takes no more") {
                (try? await client.get(base + "/health/live")) == nil
            }
            #expect(server.exitStatus() == nil)
            server.terminate()
            #expect(try await server.wait(within: .seconds(20)).status == 1)
            request.cancel()
            _ = try? await request.value
        }
        await double.stop()
    }

    @Test("a killed server starts again on what it left")
    func killed() async throws {
        let folder = try TemporaryFolder()
        let (first, _) = try await AtelierProcess.serve(in: folder)
        first.kill()
        #expect(try await first.wait().status == 128 + SIGKILL)
        let (second, base) = try await AtelierProcess.serve(in: folder)
        try await withWebClient { client in
            let answer = try await client.get(base + "/health/live")
            #expect(answer.status == 200)
        }
        second.terminate()
        #expect(try await second.wait().status == 0)
    }
}

extension HTTPDouble.Reply {
    /// The same, held back.
    fileprivate func after(_ delay: Duration) -> HTTPDouble.Reply {
        var copy = self
        copy.delay = delay
        return copy
    }
}
