import Content
import Testing
import Vocabulary
import WebAPI

@Suite("A schema")
struct SchemaTests {
    private let schema = Schema.object(
        .required("prompt", .string(1...5)),
        .optional("count", .integer(1...10)),
        .optional("share", .number(0...2)),
        .optional("mood", .one(of: ["calm", "wild"])),
        .optional("flag", .boolean),
        .optional("tags", .array(.string(1...3), 1...2)),
        .optional("inner", .object(.required("a/b", .integer()))),
        .optional("when", .moment),
        .optional("hook", .webAddress),
        .optional("tenant", .tenantID),
        .optional("job", .id(ContentJobKind.self)),
        .optional("labels", .map(.string()))
    ).named("Sample")

    private func pointers(_ value: JSONValue) -> [String] { schema.faults(in: value).map(\.pointer) }

    @Test("accepts what fits, ignores unknown members, and takes null for absent where it may be")
    func accepts() {
        let value: JSONValue = [
            "prompt": "ab", "count": 10, "share": 1, "mood": "calm", "flag": false, "tags": ["a", "bcd"],
            "inner": ["a/b": 4], "when": "2026-11-25T10:00:00Z", "hook": "https://example.com/x", "tenant": "a_b-1",
            "job": "job_01h455vb4pex5vsknk084sn02q", "labels": ["x": "y"], "unknown": [1, 2],
        ]
        #expect(schema.faults(in: value) == [])
        #expect(schema.faults(in: ["prompt": "é漢😀ab"]) == [])
        #expect(schema.faults(in: ["prompt": "a", "count": .null, "tags": .null]) == [])
        #expect(schema.faults(in: ["prompt": "a", "count": .double(3), "share": .double(0.5)]) == [])
    }

    @Test("names every bad field, with its pointer")
    func reportsAll() {
        let value: JSONValue = [
            "count": 11, "share": .double(2.1), "mood": "sad", "flag": "true", "tags": ["ok", "long!"],
            "inner": ["a/b": "x"],
            "when": "yesterday", "hook": "ftp://example.com", "tenant": "No Caps",
            "job": "asset_01h455vb4pex5vsknk084sn02q",
            "labels": ["x": 1],
        ]
        #expect(
            Set(pointers(value)) == [
                "/prompt", "/count", "/share", "/mood", "/flag", "/tags/1", "/inner/a~1b", "/when", "/hook", "/tenant",
                "/job",
                "/labels/x",
            ])
        #expect(pointers(["prompt": .null]) == ["/prompt"])
        #expect(pointers("text") == [""])
        #expect(pointers([1, 2]) == [""])
        #expect(pointers(["prompt": "a", "tags": ["a", "b", "c"]]) == ["/tags"])
        #expect(pointers(["prompt": "abcdef"]) == ["/prompt"])
        #expect(pointers(["prompt": ""]) == ["/prompt"])
    }

    @Test("agrees, on random values, with the document that it prints")
    func agreesWithItsDocument() throws {
        var components: [String: JSONValue] = [:]
        let reference = schema.document(&components)
        #expect(reference == ["$ref": "#/components/schemas/Sample"])
        let checker = DocumentChecker(document: ["components": ["schemas": .object(components)]])
        var random = SeededGenerator(seed: 42)
        let names = ["prompt", "count", "share", "mood", "flag", "tags", "inner", "labels", "other"]
        let candidates: [JSONValue] = [
            "a", "abcde", "abcdef", "", 1, 10, 11, 0, .double(1.5), .double(-0.1), true, .null, "calm", "wild", ["a"],
            ["a", "b"],
            [], ["abcd"], ["a/b": 1], ["a/b": "x"], [:], .double(2),
        ]
        var accepted = 0
        for _ in 0..<4_000 {
            var members: [String: JSONValue] = ["prompt": "abc"]
            for name in names where Int.random(in: 0...2, using: &random) == 0 {
                members[name] = candidates.randomElement(using: &random)
            }
            let value = JSONValue.object(members)
            let faults = schema.faults(in: value)
            let byDocument = checker.faults(in: value, against: reference)
            #expect(faults.isEmpty == byDocument.isEmpty, "\(value): \(faults) / \(byDocument)")
            if faults.isEmpty { accepted += 1 }
        }
        #expect(accepted > 50)
    }

    @Test("prints patterns that decide as its functions do")
    func patterns() throws {
        var components: [String: JSONValue] = [:]
        let checker = DocumentChecker(document: [:])
        let samples = [
            "a", "test-tenant", "A", "-a", "a b", "", "1024x1024", "9x9", "10x10", "0100x100", "1024x", "x10",
            "10x10x10",
            "100000x10", "job_01h455vb4pex5vsknk084sn02q", "job_81h455vb4pex5vsknk084sn02q",
            "job_01h455vb4pex5vsknk084sn0",
            "job_01h455vb4pex5vsknk084sn02u", String(repeating: "a", count: 63), String(repeating: "a", count: 64),
        ]
        for schema in [Schema.tenantID, .size, .id(ContentJobKind.self)] {
            let document = schema.document(&components)
            for sample in samples {
                #expect(
                    schema.faults(in: .string(sample)).isEmpty
                        == checker.faults(in: .string(sample), against: document).isEmpty, "\(sample) \(document)")
            }
        }
    }
}
