package import Vocabulary

/// What a column can hold, in either database.
package enum SQLValue: Sendable, Hashable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
}

/// A value that binds to a placeholder.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

/// A value that reads from a column.
package protocol SQLDecodable {
    /// - Returns: nil when the column holds another type, or a value out of range.
    static func decode(_ value: SQLValue) -> Self?
}

package typealias SQLConvertible = SQLBindable & SQLDecodable

extension SQLValue: SQLConvertible {
    package var sqlValue: SQLValue { self }
    package static func decode(_ value: SQLValue) -> SQLValue? { value }
}

extension Int64: SQLConvertible {
    package var sqlValue: SQLValue { .int(self) }
    package static func decode(_ value: SQLValue) -> Int64? { if case .int(let number) = value { number } else { nil } }
}

extension Int: SQLConvertible {
    package var sqlValue: SQLValue { .int(Int64(self)) }
    package static func decode(_ value: SQLValue) -> Int? { Int64.decode(value).map { Int($0) } }
}

extension Bool: SQLConvertible {
    package var sqlValue: SQLValue { .int(self ? 1 : 0) }
    package static func decode(_ value: SQLValue) -> Bool? { Int64.decode(value).map { $0 != 0 } }
}

extension Double: SQLConvertible {
    package var sqlValue: SQLValue { .double(self) }
    package static func decode(_ value: SQLValue) -> Double? {
        switch value {
        case .double(let number): number
        case .int(let number): Double(number)
        default: nil
        }
    }
}

extension String: SQLConvertible {
    package var sqlValue: SQLValue { .text(self) }
    package static func decode(_ value: SQLValue) -> String? { if case .text(let text) = value { text } else { nil } }
}

extension [UInt8]: SQLConvertible {
    package var sqlValue: SQLValue { .bytes(self) }
    package static func decode(_ value: SQLValue) -> [UInt8]? {
        if case .bytes(let bytes) = value { bytes } else { nil }
    }
}

extension Timestamp: SQLConvertible {
    package var sqlValue: SQLValue { .int(microseconds) }
    package static func decode(_ value: SQLValue) -> Timestamp? {
        Int64.decode(value).map(Timestamp.init(microseconds:))
    }
}

extension MicroCredits: SQLConvertible {
    package var sqlValue: SQLValue { .int(count) }
    package static func decode(_ value: SQLValue) -> MicroCredits? { Int64.decode(value).map(MicroCredits.init) }
}

extension TenantID: SQLConvertible {
    package var sqlValue: SQLValue { .text(name) }
    package static func decode(_ value: SQLValue) -> TenantID? { String.decode(value).flatMap { TenantID($0) } }
}

extension TypeID: SQLConvertible {
    package var sqlValue: SQLValue { .text(text) }
    package static func decode(_ value: SQLValue) -> TypeID? { String.decode(value).flatMap { TypeID($0) } }
}

extension SQLBindable where Self: RawRepresentable, RawValue: SQLBindable {
    package var sqlValue: SQLValue { rawValue.sqlValue }
}

extension SQLDecodable where Self: RawRepresentable, RawValue: SQLDecodable {
    package static func decode(_ value: SQLValue) -> Self? { RawValue.decode(value).flatMap { Self(rawValue: $0) } }
}
