import FoundationEssentials
import TestKit
import Testing

@Suite("What the log says of a job")
struct JobLogTests {
    @Test("a create that had no answer is logged in one line, with the job and its tenant")
    func submission() async throws {
        let folder = try TemporaryFolder("atelier-log")
        let (process, base) = try await AtelierProcess.serve(in: folder)
        let minted = try await AtelierProcess.run(["token", "--tenant", "logged"], in: folder)
        let token = try #require(minted.output.split(whereSeparator: \.isWhitespace).last.map(String.init))
        try await withWebClient { client in
            let answer = try await client.post(
                "\(base)/v1/content/generate/video", token: token,
                json: #"{"prompt":"[sandbox:drop] Rye","model":"sora-2","duration":4}"#)
            #expect(answer.status == 202)
        }
        try await eventually("the try is logged") { process.errors.contains("an engine had no result") }
        let line = try #require(
            process.errors.split(separator: "\n").first { $0.contains("an engine had no result") })
        #expect(line.contains(#""tenant":"logged""#) && line.contains(#""job":"job_"#), "\(line)")
        #expect(line.contains("submit_unknown") && line.hasPrefix("{") && line.hasSuffix("}"))
        process.terminate()
        #expect(try await process.wait().status == 0)
    }
}
