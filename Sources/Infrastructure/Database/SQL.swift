/// A statement whose interpolations are bound, never pasted: `"SELECT … WHERE tenant_id = \(tenant)"`.
///
/// A string can't be concatenated into one. What has to be spliced as text (a column list, a dialect's clause) is
/// another `SQL` value.
package struct SQL: Sendable, Hashable, ExpressibleByStringInterpolation {
    package enum Part: Sendable, Hashable {
        case text(String)
        case value(SQLValue)
    }

    package private(set) var parts: [Part]

    package init(stringLiteral value: StaticString) { parts = [.text(value.description)] }

    package init(stringInterpolation: Interpolation) { parts = stringInterpolation.parts }

    /// The values in the order of their placeholders.
    package var values: [SQLValue] {
        parts.compactMap { if case .value(let value) = $0 { value } else { nil } }
    }

    /// The statement's text, with a placeholder per value.
    /// - Parameter placeholder: the placeholder of the value with that number, counted from 1.
    package func text(placeholder: (Int) -> String) -> String {
        var number = 0
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .value:
                number += 1
                text += placeholder(number)
            }
        }
        return text
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var joined = left
        joined.parts += right.parts
        return joined
    }

    /// The statements with a separator between them; empty for none.
    package static func joined(_ pieces: [SQL], by separator: SQL) -> SQL {
        var joined: SQL = ""
        for (index, piece) in pieces.enumerated() { joined = joined + (index == 0 ? piece : separator + piece) }
        return joined
    }

    /// A parenthesised list of bound values, for `IN`.
    package static func list(_ values: [some SQLBindable]) -> SQL {
        "(" + joined(values.map { "\($0)" }, by: ", ") + ")"
    }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            parts.reserveCapacity(interpolationCount * 2 + 1)
        }

        package mutating func appendLiteral(_ literal: StaticString) { parts.append(.text(literal.description)) }

        package mutating func appendInterpolation(_ value: some SQLBindable) { parts.append(.value(value.sqlValue)) }

        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            parts.append(.value(value?.sqlValue ?? .null))
        }

        package mutating func appendInterpolation(_ piece: SQL) { parts += piece.parts }
    }
}
