import FoundationEssentials
import NIOCore
import Testing
import Vocabulary
import WebAPI

@Suite("The JSON reader")
struct JSONReaderTests {
    private func read(_ text: String, depth: Int = 64) throws -> JSONValue {
        try JSONReader.read(ByteBuffer(string: text), maximumDepth: depth)
    }

    @Test("reads every kind of value")
    func reads() throws {
        let text = #" {"a": [1, -2, 0, 1.5, 1e3, -0, true, false, null, "x\n\"\u00e9\ud83d\ude00/"], "": {}} "#
        let expected: JSONValue = [
            "a": [1, -2, 0, .double(1.5), .double(1000), .double(-0.0), true, false, .null, "x\n\"é😀/"],
            "": .object([:]),
        ]
        #expect(try read(text) == expected)
    }

    @Test("keeps 64-bit integers whole and makes doubles of larger ones")
    func numbers() throws {
        #expect(try read("9223372036854775807") == .int(.max))
        #expect(try read("-9223372036854775808") == .int(.min))
        #expect(try read("9223372036854775808") == .double(9223372036854775808))
    }

    @Test(
        "refuses what isn't JSON",
        arguments: [
            "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "'a'", "01", "-", "1.", ".5", "1e", "+1",
            "nul",
            "tru", "[1 2]", "1 2", "\"a", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800x\"", "\"\\udc00\"",
            "\"\n\"",
            "NaN", "Infinity", "1e999", "// c\n1", "\u{feff}1", "{\"a\":}", "[,1]", "{,}", "--1", "truex",
            "\"\\u0000\"",
        ])
    func refuses(_ text: String) {
        #expect(throws: JSONReader.Fault.self) { try read(text) }
    }

    @Test("refuses bytes that aren't UTF-8")
    func invalidUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0x5c, 0x6e, 0xff, 0x22],
        ] {
            #expect(throws: JSONReader.Fault.self) {
                try JSONReader.read(ByteBuffer(bytes: bytes), maximumDepth: 8)
            }
        }
    }

    @Test("refuses nesting deeper than the limit, however deep")
    func depth() throws {
        _ = try read(String(repeating: "[", count: 8) + String(repeating: "]", count: 8), depth: 8)
        #expect(throws: JSONReader.Fault.self) { try read(String(repeating: "[", count: 9), depth: 8) }
        #expect(throws: JSONReader.Fault.self) { try read(String(repeating: "[{\"a\":", count: 200_000), depth: 64) }
    }

    @Test("agrees with Foundation about random values, written by the writer")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 4, using: &random)
            var writer = JSONWriter()
            writer.value(value)
            #expect(try read(writer.text) == value)
            let other = try JSONDecoder().decode(JSONValue.self, from: Data(writer.text.utf8))
            #expect(other == value, "\(writer.text)")
        }
    }

    @Test("never fails on random bytes but with a fault")
    func garbage() {
        var random = SeededGenerator(seed: 11)
        let alphabet = Array(#"{}[]":,0123456789eE+-.\utrfalsn "#.utf8) + [0xff, 0xc3, 0x00]
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let ours = try? JSONReader.read(ByteBuffer(bytes: bytes), maximumDepth: 64)
            if ours != nil {
                let text = String(decoding: bytes, as: UTF8.self)
                #expect((try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))) != nil, "\(text)")
            }
        }
    }
}

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("puts commas and escapes where they belong")
    func writes() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("a", "x\"\\\n\u{1}\u{7f}é")
            writer.member("b", each: [1, 2]) { $0.value($1) }
            writer.member("c") { _ in }
            writer.member("d", orNull: String?.none)
            writer.member("e", 2.0)
            writer.member("f", 0.25)
            writer.member("g", Double.nan)
            writer.member("h", true)
        }
        #expect(
            writer.text
                == #"{"a":"x\"\\\n\u0001\u007fé","b":[1,2],"c":{},"d":null,"e":2,"f":0.25,"g":null,"h":true}"#)
    }

    @Test("writes times as the vocabulary does, to the millisecond")
    func times() throws {
        var random = SeededGenerator(seed: 3)
        var moments = [0, 951_782_400, 1_709_164_800, 4_102_444_799, -1].map { Timestamp(seconds: $0) }
        for _ in 0..<500 {
            moments.append(Timestamp(microseconds: .random(in: 0..<4_102_444_800_000_000, using: &random)))
        }
        for moment in moments {
            var writer = JSONWriter()
            writer.value(moment)
            let text = writer.text.dropFirst().dropLast()
            let read = try #require(Timestamp(String(text)))
            #expect(abs(read.microseconds - moment.microseconds) < 1_000, "\(text)")
            #expect(text.count == 24)
        }
    }
}
