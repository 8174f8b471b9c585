import FoundationEssentials
import Testing
import Vocabulary

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "is written in UTC with milliseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000Z"),
            (1_795_537_749_123_456, "2026-11-24T16:29:09.123Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (-62_167_219_200_000_000, "0000-01-01T00:00:00.000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999Z"),
            (.max, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ])
    func writing(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test("agrees with Foundation on every day of two centuries")
    func againstFoundation() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: Int64(-36_525), through: 36_525, by: 1) {
            let moment = Timestamp(microseconds: (day * 86_400 + day % 86_399) * 1_000_000 + 7_000)
            let date = try style.parse(moment.description)
            #expect(Int64((date.timeIntervalSince1970 * 1_000_000).rounded()) == moment.microseconds)
            #expect(Timestamp(moment.description) == moment)
        }
    }

    @Test(
        "reads the variants of RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", Int64(0)),
            ("1970-01-01t00:00:01z", 1_000_000),
            ("1970-01-01 00:00:01Z", 1_000_000),
            ("1970-01-01T00:00:00.5Z", 500_000),
            ("1970-01-01T00:00:00.123456Z", 123_456),
            ("1970-01-01T00:00:00.123456789Z", 123_456),
            ("1970-01-01T01:00:00+01:00", 0),
            ("1969-12-31T18:30:00-05:30", 0),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ])
    func reading(text: String, microseconds: Int64) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(
        "refuses what is not a time with a zone",
        arguments: [
            "", "yesterday", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00Z", "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z", "1970-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
            "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
            "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00+24:00", "+970-01-01T00:00:00Z", "1970-1-01T00:00:00Z",
            " 1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z\n",
        ])
    func refusing(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("arithmetic is in microseconds")
    func arithmetic() {
        let start = Timestamp(seconds: 100)
        #expect((start + .milliseconds(1_500)).microseconds == 101_500_000)
        #expect((start - .seconds(100)).microseconds == 0)
        #expect(Timestamp(seconds: 101) - start == .seconds(1))
        #expect(start < start + .microseconds(1))
    }

    @Test("a sum that no longer counts is the first or the last moment")
    func saturation() {
        let (first, last) = (Timestamp(microseconds: .min), Timestamp(microseconds: .max))
        #expect(Timestamp(seconds: 100) + .seconds(Int64.max) == last)
        #expect(last + .microseconds(1) == last)
        #expect(last - .microseconds(-1) == last)
        #expect(first - .microseconds(1) == first)
        #expect(first + .microseconds(-1) == first)
        #expect(Timestamp(seconds: -100) - .seconds(Int64.max) == first)
        #expect(Timestamp(seconds: .max) == last)
        #expect(Timestamp(seconds: .min) == first)
        #expect(last - first > .seconds(Int64.max / 1_000_000))
    }

    @Test("a duration too long to count is the longest countable")
    func longDurations() {
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
        #expect(Duration.nanoseconds(1_999).wholeMicroseconds == 1)
        #expect(Duration.milliseconds(2_500).fractionalSeconds == 2.5)
    }

    @Test("JSON is the text")
    func json() throws {
        let moment = Timestamp(microseconds: 1_795_537_749_123_000)
        let data = try JSONEncoder().encode([moment])
        #expect(String(decoding: data, as: UTF8.self) == "[\"2026-11-24T16:29:09.123Z\"]")
        #expect(try JSONDecoder().decode([Timestamp].self, from: data) == [moment])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Timestamp].self, from: Data("[\"now\"]".utf8)) }
    }

    @Test("the machine's clock is past 2025")
    func system() {
        #expect(Timestamp.system() > Timestamp(seconds: 1_735_689_600))
    }
}
