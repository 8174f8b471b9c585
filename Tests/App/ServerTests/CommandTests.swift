import Glibc
import TestKit
import Testing

/// The commands of the operator, each the program itself.
@Suite("Commands", .serialized)
struct CommandTests {
    @Test("version and help print to the standard output")
    func version() async throws {
        let folder = try TemporaryFolder()
        let version = try await AtelierProcess.run(["version"], in: folder)
        #expect(version.status == 0 && version.output.hasPrefix("atelier ") && version.errors.isEmpty)
        let help = try await AtelierProcess.run(["--help"], in: folder)
        #expect(help.status == 0)
        for name in ["serve", "worker", "migrate", "config", "doctor", "tenant", "key", "token", "jobs", "generate"] {
            #expect(help.output.contains("\n  \(name)"))
        }
        let wrong = try await AtelierProcess.run(["paint"], in: folder)
        #expect(wrong.status == 64)
        #expect(Files.names(in: folder.path).allSatisfy { $0.hasPrefix("process-") })
    }

    @Test("tenants are made, listed, suspended and resumed")
    func tenants() async throws {
        let folder = try TemporaryFolder()
        #expect(try await AtelierProcess.run(["tenant", "create", "acme"], in: folder).status == 0)
        let twice = try await AtelierProcess.run(["tenant", "create", "acme"], in: folder)
        #expect(twice.status == 1 && twice.errors == "A tenant of that name exists.\n")
        let badName = try await AtelierProcess.run(["tenant", "create", "Acme Inc"], in: folder)
        #expect(badName.status == 64)
        #expect(try await AtelierProcess.run(["tenant", "suspend", "acme"], in: folder).status == 0)
        let list = try await AtelierProcess.run(["tenant", "list"], in: folder)
        #expect(list.output.hasPrefix("acme ") && list.output.hasSuffix("suspended\n"))
        #expect(try await AtelierProcess.run(["tenant", "resume", "acme"], in: folder).status == 0)
        #expect(try await AtelierProcess.run(["tenant", "list"], in: folder).output.hasSuffix("active\n"))
        let unknown = try await AtelierProcess.run(["tenant", "suspend", "nobody"], in: folder)
        #expect(unknown.status == 1 && unknown.errors == "No tenant has that name.\n")
    }

    @Test("tokens and keys that the commands make are good, and a revoked key isn't")
    func credentials() async throws {
        let folder = try TemporaryFolder()
        let settings = ["ATELIER_OPEN_TENANTS": "false", "ATELIER_API_KEY_CACHE_TTL": "100ms"]
        let dead = try await AtelierProcess.run(
            ["key", "create", "--tenant", "acme"], environment: settings, in: folder)
        #expect(dead.status == 1 && dead.errors.contains("atelier tenant create acme"))
        _ = try await AtelierProcess.run(["tenant", "create", "acme"], in: folder)
        let made = try await AtelierProcess.run(
            ["key", "create", "--tenant", "acme", "--test", "--role", "admin", "--expires", "30d"],
            environment: settings,
            in: folder)
        let key = made.output.trimmed
        #expect(made.status == 0 && key.hasPrefix("atl_test_"))
        let token = try await AtelierProcess.run(["token", "--tenant", "acme", "--ttl", "1h"], in: folder).output
            .trimmed
        #expect(token.split(separator: ".").count == 3)
        let stranger = try await AtelierProcess.run(["token", "--tenant", "stranger"], in: folder).output.trimmed

        let (server, base) = try await AtelierProcess.serve(environment: settings, in: folder)
        #expect(server.output.contains("ATELIER_OPEN_TENANTS is false") && !server.output.contains("curl"))
        try await withWebClient { client in
            let jobs = base + "/v1/content/jobs"
            #expect(try await client.get(jobs, token: token).status == 200)
            #expect(try await client.get(jobs, token: key).status == 200)
            #expect(try await client.get(jobs, token: stranger).status == 403)
            #expect(try await client.get(jobs).status == 401)

            let list = try await AtelierProcess.run(["key", "list", "--tenant", "acme"], in: folder)
            let id = try #require(list.output.split(separator: " ").first.map(String.init))
            #expect(id.hasPrefix("key_") && !list.output.contains(key) && list.output.contains("until "))
            #expect(try await AtelierProcess.run(["key", "revoke", "--tenant", "acme", id], in: folder).status == 0)
            try await eventually("the revoked key is refused") {
                try await client.get(jobs, token: key).status == 401
            }
        }
        server.terminate()
        #expect(try await server.wait().status == 0)
        let role = try await AtelierProcess.run(["token", "--tenant", "acme", "--role", "king"], in: folder)
        #expect(role.status == 64 && role.errors.contains("platform_admin"))
    }

    @Test("the queue is counted, listed and shown, and what hasn't failed isn't queued again")
    func jobs() async throws {
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_ROLE": "gateway,generation"], in: folder)
        let token = try await AtelierProcess.run(["token", "--tenant", "acme"], in: folder).output.trimmed
        try await withWebClient { client in
            let answer = try await client.post(
                base + "/v1/content/generate/video", token: token, json: #"{"prompt":"Waves","duration_seconds":4}"#)
            #expect(answer.status == 202)
        }
        server.kill()
        _ = try await server.wait()
        let counts = try await AtelierProcess.run(["jobs", "counts"], in: folder)
        #expect(counts.status == 0 && counts.output.contains("ready"))
        let list = try await AtelierProcess.run(["jobs", "list", "--tenant", "acme"], in: folder)
        let id = try #require(list.output.split(separator: " ").first.map(String.init))
        let show = try await AtelierProcess.run(["jobs", "show", id], in: folder)
        #expect(show.output.contains("acme") && show.output.contains("payload"))
        let requeue = try await AtelierProcess.run(["jobs", "requeue", id], in: folder)
        #expect(requeue.status == 1 && requeue.errors.contains(id))
        let unknown = try await AtelierProcess.run(["jobs", "show", "qjob_01h455vb4pex5vsknk084sn02q"], in: folder)
        #expect(unknown.status == 1)
    }

    @Test("the doctor finds a sound installation sound, and says what is wrong with another")
    func doctor() async throws {
        let folder = try TemporaryFolder()
        let fresh = try await AtelierProcess.run(["doctor", "--port", "0"], in: folder)
        #expect(fresh.status == 0, "\(fresh.output)")
        #expect(!Files.exists(folder.file("data")))

        let (server, base) = try await AtelierProcess.serve(in: folder)
        let port = try #require(base.split(separator: ":").last.map(String.init))
        let live = try await AtelierProcess.run(["doctor", "--live", base], in: folder)
        #expect(live.status == 0 && live.output.contains("ready"))
        let sound = try await AtelierProcess.run(["doctor", "--port", port], in: folder)
        #expect(sound.status == 0, "\(sound.output)")
        #expect(sound.output.contains("A server answers on port \(port) already."))
        #expect(sound.output.contains("is sound, and its schema is this version's."))
        #expect(!sound.output.contains("wrong"))
        server.terminate()
        _ = try await server.wait()

        let gone = try await AtelierProcess.run(["health", "--live", base], in: folder)
        #expect(gone.status == 1 && gone.errors.contains("can't be reached"))
        chmod(folder.file("data/secrets/jwt-secret"), 0o644)
        let double = try await RawServer.start { _ in [.hang] }
        let ill = try await AtelierProcess.run(
            ["doctor", "--port", "\(double.port)"],
            environment: ["ATELIER_LOCAL_ENGINES": "llama=http://127.0.0.1:9/v1"], in: folder)
        await double.stop()
        #expect(ill.status == 1)
        let wrong = ill.output.split(separator: "\n").filter { $0.hasPrefix("wrong") }
        #expect(wrong.contains { $0.contains("jwt-secret") && $0.contains("chmod 600") })
        #expect(wrong.contains { $0.contains("The engine llama can't be reached") })
        #expect(wrong.contains { $0.contains("Port \(double.port)") })
    }

    @Test("an output that can't be written is refused before the server is asked")
    func unwritableOutput() async throws {
        let folder = try TemporaryFolder()
        mkdir(folder.file("folder"), 0o755)
        for kind in ["text", "image", "video"] {
            for path in ["nowhere/result", "folder", ""] {
                let ended = try await AtelierProcess.run(
                    ["generate", kind, "Waves", "-o", path, "--url", "http://127.0.0.1:1", "--token", "x"], in: folder)
                #expect(ended.status == 1 && ended.errors.hasPrefix("Can't write "), "\(kind) \(path): \(ended.errors)")
            }
        }
        let good = try await AtelierProcess.run(
            ["generate", "text", "Waves", "-o", "result", "--url", "http://127.0.0.1:1", "--token", "x"], in: folder)
        #expect(good.status == 69 && good.errors.contains("(connection refused)"), "\(good.errors)")
        #expect(!Files.names(in: folder.path).contains { $0.hasPrefix("result") })
    }

    @Test("a film that can't be written after all is named, to be fetched later")
    func lostOutput() async throws {
        let folder = try TemporaryFolder()
        let (server, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_SANDBOX_RENDER_TIME": "3s"], in: folder)
        mkdir(folder.file("out"), 0o755)
        let film = try AtelierProcess(
            ["generate", "video", "Waves", "--duration", "4", "-o", "out/waves.mp4", "--url", base], in: folder)
        try await eventually(within: .seconds(60), "the film is asked for") { film.errors.contains("job job_") }
        #expect(rmdir(folder.file("out")) == 0)
        let ended = try await film.wait(within: .seconds(120))
        #expect(ended.status == 1 && ended.errors.contains("Can't write out/waves.mp4"), "\(ended.errors)")
        #expect(ended.errors.contains(" of job job_") && ended.errors.contains("/v1/content/assets/asset_"))
        let badSize = try await AtelierProcess.run(
            ["generate", "image", "Waves", "--size", "big", "--url", base], in: folder)
        #expect(badSize.status == 1 && badSize.errors.ranges(of: "/size").count == 1, "\(badSize.errors)")
        server.terminate()
        #expect(try await server.wait().status == 0)
    }

    @Test("a file of settings that is asked for has to be there, and a bad port is reported once")
    func settingsOptions() async throws {
        let folder = try TemporaryFolder()
        let absent = try await AtelierProcess.run(["config", "--env-file", "absent.env"], in: folder)
        #expect(absent.status == 78 && absent.output.isEmpty)
        #expect(absent.errors == "The file absent.env of --env-file can't be used: No such file or directory.\n")
        #expect(try await AtelierProcess.run(["config"], in: folder).status == 0)
        #expect(try await AtelierProcess.run(["config", "--env-file", "/dev/null"], in: folder).status == 0)
        let port = try await AtelierProcess.run(["config", "--port", "abc"], in: folder)
        #expect(port.status == 78 && port.errors.contains("ATELIER_PORT"))
        #expect(!port.errors.contains("ATELIER_GENERATION_PORT"))
    }

    @Test("the doctor sees a damaged database and a newer one")
    func damage() async throws {
        let folder = try TemporaryFolder()
        _ = try await AtelierProcess.run(["migrate"], in: folder)
        try Files.write(String(repeating: "damaged ", count: 1_000), to: folder.file("data/atelier.db"))
        let ended = try await AtelierProcess.run(["doctor", "--port", "0"], in: folder)
        #expect(ended.status == 1)
        #expect(ended.output.contains("wrong  The database"))
    }
}

extension String {
    var trimmed: String { String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}
