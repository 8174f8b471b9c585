/// RFC 3339. Written by hand because several times are written for every request.
extension Timestamp: CustomStringConvertible {
    /// UTC with milliseconds, the rest cut: `2026-11-24T16:15:49.123Z`. A moment outside of the years 0 to 9999 is
    /// written as the nearest within.
    package var description: String {
        let within = min(max(microseconds, Self.firstWritable), Self.lastWritable)
        let days = Self.floorDivide(within, Self.microsecondsPerDay)
        let time = Int((within - days * Self.microsecondsPerDay) / 1_000)
        let (year, month, day) = Self.date(ofDay: Int(days))
        return String(unsafeUninitializedCapacity: 24) { text in
            func write(_ number: Int, digits: Int, at start: Int, then separator: Unicode.Scalar) {
                var rest = number
                for position in stride(from: start + digits - 1, through: start, by: -1) {
                    text[position] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                text[start + digits] = UInt8(ascii: separator)
            }
            write(year, digits: 4, at: 0, then: "-")
            write(month, digits: 2, at: 5, then: "-")
            write(day, digits: 2, at: 8, then: "T")
            write(time / 3_600_000, digits: 2, at: 11, then: ":")
            write(time / 60_000 % 60, digits: 2, at: 14, then: ":")
            write(time / 1_000 % 60, digits: 2, at: 17, then: ".")
            write(time % 1_000, digits: 3, at: 20, then: "Z")
            return 24
        }
    }

    /// Reads `2026-11-24T16:15:49Z`, with or without a fraction (cut at microseconds), in any zone.
    /// - Returns: nil when `text` is not an RFC 3339 time with a zone.
    package init?(_ text: String) {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let year = scanner.number(4), scanner.take("-"), let month = scanner.number(2), scanner.take("-"),
            let day = scanner.number(2), scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2), scanner.take(":"),
            let second = scanner.number(2)
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Self.length(ofMonth: month, year: year) else { return nil }
        // 60 is a leap second.
        guard hour <= 23, minute <= 59, second <= 60 else { return nil }
        guard let fraction = scanner.fraction(), let zone = scanner.zone(), scanner.isAtEnd else { return nil }
        let days = Int64(Self.day(year: year, month: month, day: day))
        let seconds = days * 86_400 + Int64(hour * 3_600 + minute * 60 + second) - Int64(zone)
        self.init(microseconds: seconds * 1_000_000 + Int64(fraction))
    }

    private static let microsecondsPerDay: Int64 = 86_400_000_000
    private static let firstWritable = Int64(day(year: 0, month: 1, day: 1)) * microsecondsPerDay
    private static let lastWritable = Int64(day(year: 9999, month: 12, day: 31) + 1) * microsecondsPerDay - 1

    private static func floorDivide(_ number: Int64, _ by: Int64) -> Int64 {
        number >= 0 ? number / by : -((by - 1 - number) / by)
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01, by eras of 400 years that begin on 1 March.
    /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    /// The inverse: `days_from_civil`.
    private static func day(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

/// Reads the parts of an RFC 3339 time one after another.
private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func digit() -> Int? {
        guard position < bytes.count, (48...57).contains(bytes[position]) else { return nil }
        defer { position += 1 }
        return Int(bytes[position]) - 48
    }

    /// Exactly that many digits.
    mutating func number(_ digits: Int) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The fraction of a second in microseconds; 0 when there is none, nil when a point has no digits after it.
    mutating func fraction() -> Int? {
        guard take(".") else { return 0 }
        guard var number = digit() else { return nil }
        var digits = 1
        while let digit = digit() {
            if digits < 6 {
                number = number * 10 + digit
                digits += 1
            }
        }
        while digits < 6 {
            number *= 10
            digits += 1
        }
        return number
    }

    /// The zone as seconds east of UTC.
    mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2) else { return nil }
        guard hours <= 23, minutes <= 59 else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
