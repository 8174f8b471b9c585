import FoundationEssentials
import Testing
import Vocabulary

@Suite("Tenant names")
struct TenantIDTests {
    @Test(
        "names of the allowed form",
        arguments: ["a", "0", "test-tenant", "tenant_123", String(repeating: "a", count: 63)])
    func allowed(name: String) throws {
        let tenant = try #require(TenantID(name))
        #expect(tenant.name == name && "\(tenant)" == name)
        let data = try JSONEncoder().encode([tenant])
        #expect(try JSONDecoder().decode([TenantID].self, from: data) == [tenant])
    }

    @Test(
        "names of any other form",
        arguments: [
            "", "-a", "_a", "A", "tenant A", "a/b", "..", "a.b", "é", "a\u{0}", "a\n", "ａ",
            String(repeating: "a", count: 64),
        ])
    func refused(name: String) throws {
        #expect(TenantID(name) == nil)
        let data = try JSONEncoder().encode([name])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([TenantID].self, from: data) }
    }
}

@Suite("Backoff")
struct BackoffTests {
    let backoff = Backoff(first: .seconds(1), factor: 2, most: .seconds(60))

    @Test("doubles, within the upper half of each step, up to the most", arguments: 1...12)
    func bounds(attempt: Int) {
        let full = min(Double(1 << (attempt - 1)), 60)
        #expect(backoff.delay(afterAttempt: attempt, fraction: 0) == .seconds(full / 2))
        let longest = backoff.delay(afterAttempt: attempt, fraction: 0.999_999)
        #expect(longest <= .seconds(full) && longest > .seconds(full * 0.99))
    }

    @Test("any attempt number is answered at once", arguments: [Int.min, -1, 0, 1_000_000, Int.max])
    func anyAttempt(attempt: Int) {
        let delay = backoff.delay(afterAttempt: attempt, fraction: 0.5)
        #expect(delay >= .milliseconds(500) && delay <= .seconds(60))
    }

    @Test("a fraction is in 0..<1")
    func fraction() {
        for byte in [UInt8(0), 0xff] {
            let surroundings = Surroundings(now: { Timestamp(seconds: 0) }) { Array(repeating: byte, count: $0) }
            #expect((0..<1).contains(surroundings.randomFraction()))
        }
    }
}

@Suite("Small values")
struct ValueTests {
    @Test("micro-credits are integers, a credit is a million of them")
    func microCredits() {
        let sum = MicroCredits(1_500_000) + MicroCredits(1)
        #expect(sum.count == 1_500_001 && sum > MicroCredits(1_500_000))
        #expect((sum - MicroCredits(1_500_001)) == .zero)
        #expect(MicroCredits(2_500_000).credits == 2.5)
    }

    @Test("a secret never shows itself")
    func secret() {
        struct Holder { var secret: Secret? }
        let secret = Secret("hunter2-hunter2")
        var dumped = ""
        dump(Holder(secret: secret), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Holder(secret: secret))", "\([secret])", dumped] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect(secret.reveal() == "hunter2-hunter2")
    }

    @Test(
        "base64url of RFC 4648",
        arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64URL(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test("base64url round trips and agrees with base64")
    func base64URLRoundTrip() {
        for count in 0..<70 {
            let bytes = Surroundings.system.randomBytes(count)
            let encoded = Base64URL.encode(bytes)
            #expect(Base64URL.decode(encoded) == bytes)
            let plain = Data(bytes).base64EncodedString().filter { $0 != "=" }
            #expect(encoded == String(plain.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
        }
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
    }

    @Test(
        "what isn't base64url is refused", arguments: ["A", "Zg==", "Zh", "Zm9", "a+b/", "Zm 8", "Zm9vYmFyé", "Zm9v\n"])
    func base64URLRefused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("hexadecimal and comparison in constant time")
    func bytes() {
        #expect([UInt8]([0, 0x0f, 0xa0, 0xff]).hex == "000fa0ff")
        #expect(isEqualInConstantTime([1, 2, 3] as [UInt8], [1, 2, 3] as [UInt8]))
        #expect(!isEqualInConstantTime([1, 2, 3] as [UInt8], [1, 2, 4] as [UInt8]))
        #expect(!isEqualInConstantTime([1, 2, 3] as [UInt8], [1, 2] as [UInt8]))
        #expect(isEqualInConstantTime([] as [UInt8], [] as [UInt8]))
    }

    @Test("a page is cut from one item more than was asked")
    func pages() {
        let whole = Page(reading: [1, 2, 3], limit: 3, cursor: String.init)
        #expect(whole.items == [1, 2, 3] && whole.next == nil)
        let cut = Page(reading: [1, 2, 3, 4], limit: 3, cursor: String.init)
        #expect(cut.items == [1, 2, 3] && cut.next == "3")
        #expect(Page(reading: [Int](), limit: 3, cursor: String.init).next == nil)
        #expect(PageRequest(limit: 0).limit == 1 && PageRequest(limit: 9_999).limit == PageRequest.maximumLimit)
    }
}

@Suite("JSONValue")
struct JSONValueTests {
    @Test("decoding and encoding keep every kind of value")
    func roundTrip() throws {
        let value: JSONValue = [
            "null": .null, "flag": true, "one": 1, "zero": 0, "most": .int(.max), "least": .int(.min),
            "half": .double(0.5),
            "text": "true", "digits": "1", "list": [1, "two", false, [:], []], "object": ["a": ["b": .null]],
        ]
        let data = try JSONEncoder().encode(value)
        #expect(try JSONDecoder().decode(JSONValue.self, from: data) == value)
    }

    @Test("a number is not a flag, a text not a number")
    func kinds() throws {
        let value = try JSONDecoder().decode(
            JSONValue.self, from: Data(#"{"a":1,"b":true,"c":"1","d":1.5,"e":1e30}"#.utf8))
        #expect(value["a"] == .int(1) && value["b"] == .bool(true) && value["c"] == .string("1"))
        #expect(value["d"] == .double(1.5) && value["e"] == .double(1e30))
        #expect(value["a"]?.int == 1 && value["c"]?.int == nil && value["e"]?.int == nil && value["x"] == nil)
        #expect(value["c"]?.string == "1" && value["a"]?.string == nil && value.array == nil)
    }

    @Test("nesting that would exhaust the stack is an error")
    func deep() {
        let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }
    }
}
