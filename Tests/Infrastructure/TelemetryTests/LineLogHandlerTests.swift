import FoundationEssentials
import Logging
import Synchronization
import Telemetry
import Testing
import Vocabulary

/// Collects lines.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var output: LogOutput {
        LogOutput { line in self.lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    var all: [String] { lines.withLock { $0 } }
}

@Suite("Log lines")
struct LineLogHandlerTests {
    let lines = Lines()

    func logger(json: Bool = true, limits: TelemetryLimits = .init()) -> Logger {
        Logger(label: "test") { label in
            LineLogHandler(label: label, limits: limits, isJSON: json, output: lines.output) {
                Timestamp(microseconds: 1_795_537_749_123_456)
            }
        }
    }

    func members() throws -> [String: JSONValue] {
        let line = try #require(lines.all.last)
        #expect(line.hasSuffix("}\n") && line.filter { $0 == "\n" }.count == 1)
        return try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
    }

    @Test("JSON has time, level, logger, message and the metadata, in one line")
    func json() throws {
        logger().info(
            "started",
            metadata: ["port": "3000", "count": .stringConvertible(3), "list": ["a", "b"], "in": ["x": "y"]])
        #expect(
            lines.all == [
                #"{"time":"2026-11-24T16:29:09.123Z","level":"info","logger":"test","message":"started","#
                    + #""count":3,"in":{"x":"y"},"list":["a","b"],"port":"3000"}"# + "\n"
            ])
    }

    @Test("text has the same")
    func text() {
        logger(json: false).warning("it took long", metadata: ["path": "/v1/x", "words": "two words", "none": ""])
        #expect(
            lines.all == [
                "2026-11-24T16:29:09.123Z warning  test: it took long none=\"\" path=/v1/x words=\"two words\"\n"
            ])
    }

    @Test("metadata can't pass for the record's own members")
    func ownNames() throws {
        logger().info("real", metadata: ["message": "forged", "level": "debug"])
        let members = try members()
        #expect(members["message"] == "real" && members["level"] == "info" && members["message_"] == "forged")
    }

    @Test("line breaks and control characters can't forge a line or reach the terminal", arguments: [true, false])
    func injection(json: Bool) throws {
        let hostile = "a\n{\"level\":\"error\"}\r\u{1b}[31m\u{0}\u{85}\u{2028}\u{202e}\u{7f}\"\\end"
        logger(json: json).info(
            "\(hostile)", metadata: ["\(hostile)": "\(hostile)", "deep": ["\(hostile)": ["\(hostile)"]]])
        let line = try #require(lines.all.last)
        #expect(
            lines.all.count == 1 && line.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f })
        if json {
            let members = try members()
            #expect(members["message"]?.string == hostile && members[hostile]?.string == hostile)
        }
    }

    @Test("other scripts are written as they are")
    func unicode() throws {
        logger().info("Grüße, 世界 🎬")
        #expect(try members()["message"] == "Grüße, 世界 🎬")
        #expect(lines.all[0].contains("世界 🎬"))
    }

    @Test(
        "what looks like a credential is masked in messages and values",
        arguments: [
            ("Authorization: Bearer abc.def-123", "abc.def"), ("bearer  x", nil),
            ("key sk-proj-AbCd1234efgh failed", "AbCd1234"),
            ("atl_live_01h455vb4pex", "01h455"), ("(atl_test_zz)", "zz"),
            ("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "C2FV"),
            ("GET /v1/files/a?expires=1&signature=AbC-_9", "AbC-_9"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "hbGci"),
            ("two: sk-aaaaaaaaaaaa sk-bbbbbbbbbbbb", "bbbbbb"),
        ])
    func credentials(text: String, secret: String?) throws {
        for json in [true, false] {
            logger(json: json).error("\(text)", metadata: ["note": "\(text)", "deep": ["a": ["\(text)"]]])
            let line = try #require(lines.all.last)
            if let secret { #expect(!line.contains(secret) && line.contains("••••"), "\(line)") }
        }
    }

    @Test(
        "ordinary words are not",
        arguments: ["task-1234567890", "disk-aaaaaaaaaaaa", "sk-ip", "a bearer", "eyJ", "signature="])
    func ordinaryWords(text: String) throws {
        logger().info("\(text)")
        #expect(try members()["message"]?.string == text)
    }

    @Test(
        "values under secret names are masked",
        arguments: [
            "authorization", "Authorization", "api_key", "apiKey", "key", "client-secret", "token", "access_token",
            "password",
            "webhook-signature", "X-Api-Key", "set-cookie",
        ])
    func secretNames(name: String) throws {
        logger().info("x", metadata: ["\(name)": "hunter2", "deep": ["\(name)": ["hunter2"]]])
        #expect(!lines.all[0].contains("hunter2"))
        #expect(try members()[name] == "••••")
    }

    @Test(
        "values under other names are not",
        arguments: ["prompt_tokens", "max_tokens", "object_key", "monkey", "tenant", "keyboard"])
    func otherNames(name: String) throws {
        logger().info("x", metadata: ["\(name)": "7"])
        #expect(try members()[name] == "7")
    }

    @Test("long values are cut to the limit, on a whole character")
    func cutting() throws {
        var limits = TelemetryLimits()
        limits.logValueSize = 256
        logger(limits: limits).info(
            "\(String(repeating: "ä", count: 500))", metadata: ["v": "\(String(repeating: "x", count: 300))"])
        let members = try members()
        #expect(members["message"]?.string == String(repeating: "ä", count: 128) + "…")
        #expect(members["v"]?.string == String(repeating: "x", count: 256) + "…")
        logger(limits: limits).info("a\(String(repeating: "ä", count: 500))")
        #expect(try self.members()["message"]?.string == "a" + String(repeating: "ä", count: 127) + "…")
    }

    @Test("the level of the settings holds")
    func level() {
        var limits = TelemetryLimits()
        limits.logLevel = .warning
        logger(limits: limits).info("no")
        logger(limits: limits).warning("yes")
        #expect(lines.all.count == 1)
    }

    @Test("the task's context is on its records and on no other's")
    func context() async throws {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    await LogContext.$current.withValue(LogContext(requestID: "r\(number)", tenant: "t\(number)")) {
                        await Task.yield()
                        await LogContext.$current.withValue(LogContext.current.with(job: "j\(number)")) {
                            await Task.yield()
                            logger().info("\(number)")
                        }
                    }
                }
            }
        }
        logger().info("outside")
        for line in lines.all {
            let members = try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
            let number = try #require(members["message"]?.string)
            if number == "outside" {
                #expect(members["request_id"] == nil && members["tenant"] == nil && members["job"] == nil)
            } else {
                #expect(members["request_id"]?.string == "r\(number)" && members["tenant"]?.string == "t\(number)")
                #expect(members["job"]?.string == "j\(number)")
            }
        }
        #expect(lines.all.count == 21)
    }

    @Test("an error of the event is written and masked")
    func eventError() throws {
        struct Refused: Error, CustomStringConvertible { var description = "refused with Bearer abcdef" }
        logger().error("call failed", error: Refused())
        #expect(try members()["error"] == "refused with Bearer ••••")
    }
}
