package import Vocabulary

/// The form of a JSON value. One value of this type checks bodies, is printed in the OpenAPI document, and checks
/// answers in the suites, so that the three can't differ.
package struct Schema: Sendable {
    package indirect enum Form: Sendable {
        case any
        case boolean
        case integer(ClosedRange<Int64>?)
        case number(ClosedRange<Double>?)
        case string(Text)
        case array(Schema, ClosedRange<Int>?)
        /// Members that aren't listed are ignored.
        case object([Member])
        /// An object whose names are free.
        case map(Schema)
        /// Stands in the document once, under its name.
        case named(String, Schema)
    }

    /// What a string has to be.
    package struct Text: Sendable {
        /// In Unicode scalars.
        package var length: ClosedRange<Int>?
        package var values: [String]?
        package var pattern: Pattern?
        package var format: Format?
    }

    /// A regular expression for readers of the document, and the function that decides.
    package struct Pattern: Sendable {
        package var expression: String
        package var matches: @Sendable (String) -> Bool

        package init(_ expression: String, matches: @escaping @Sendable (String) -> Bool) {
            self.expression = expression
            self.matches = matches
        }
    }

    package enum Format: String, Sendable {
        case dateTime = "date-time"
        case uri
        case byte
    }

    package struct Member: Sendable {
        package var name: String
        package var schema: Schema
        package var isRequired: Bool
    }

    package var form: Form
    package var summary: String?
    package var example: JSONValue?
    package var fallback: JSONValue?
    package var isNullable = false

    package init(_ form: Form) { self.form = form }
}

// MARK: Making one

extension Schema {
    package static let any = Schema(.any)
    package static let boolean = Schema(.boolean)
    package static let moment = Schema(.string(Text(format: .dateTime)))

    package static func integer(_ range: ClosedRange<Int64>? = nil) -> Schema { Schema(.integer(range)) }

    package static func number(_ range: ClosedRange<Double>? = nil) -> Schema { Schema(.number(range)) }

    package static func string(_ length: ClosedRange<Int>? = nil) -> Schema { Schema(.string(Text(length: length))) }

    package static func string(matching pattern: Pattern, _ length: ClosedRange<Int>? = nil) -> Schema {
        Schema(.string(Text(length: length, pattern: pattern)))
    }

    package static func string(_ format: Format, _ length: ClosedRange<Int>? = nil) -> Schema {
        Schema(.string(Text(length: length, format: format)))
    }

    package static func one(of values: [String]) -> Schema { Schema(.string(Text(values: values))) }

    package static func one<Choice: CaseIterable & RawRepresentable<String>>(of type: Choice.Type) -> Schema {
        one(of: type.allCases.map(\.rawValue))
    }

    package static func array(_ items: Schema, _ count: ClosedRange<Int>? = nil) -> Schema {
        Schema(.array(items, count))
    }

    package static func object(_ members: Member...) -> Schema { Schema(.object(members)) }

    package static func object(members: [Member]) -> Schema { Schema(.object(members)) }

    package static func map(_ values: Schema) -> Schema { Schema(.map(values)) }

    package func named(_ name: String) -> Schema { Schema(.named(name, self)) }

    package func described(_ summary: String) -> Schema {
        var copy = self
        copy.summary = summary
        return copy
    }

    package func example(_ example: JSONValue) -> Schema {
        var copy = self
        copy.example = example
        return copy
    }

    /// Says what stands in where the member is absent.
    package func fallback(_ value: JSONValue) -> Schema {
        var copy = self
        copy.fallback = value
        return copy
    }

    package var orNull: Schema {
        var copy = self
        copy.isNullable = true
        return copy
    }
}

extension Schema.Member {
    package static func required(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Schema.Member {
        Schema.Member(name: name, schema: summary.map(schema.described) ?? schema, isRequired: true)
    }

    /// May be absent or null, which means the same.
    package static func optional(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Schema.Member {
        Schema.Member(name: name, schema: (summary.map(schema.described) ?? schema).orNull, isRequired: false)
    }
}

// MARK: Forms that several routes use

extension Schema {
    package static let tenantID = string(
        matching: Pattern("^[a-z0-9][a-z0-9_-]{0,62}$") { TenantID($0) != nil }
    ).example("test-tenant")

    package static func id<Kind: IDKind>(_ kind: Kind.Type) -> Schema {
        string(matching: Pattern("^\(Kind.prefix)_[0-7][0-9a-hjkmnp-tv-z]{25}$") { TypeID<Kind>($0) != nil })
            .example(.string("\(Kind.prefix)_01h455vb4pex5vsknk084sn02q"))
    }

    /// `WIDTHxHEIGHT`.
    package static let size = string(
        matching: Pattern("^[1-9][0-9]{1,4}x[1-9][0-9]{1,4}$") { text in
            let sides = text.utf8.split(separator: UInt8(ascii: "x"), omittingEmptySubsequences: false)
            return sides.count == 2
                && sides.allSatisfy { side in
                    (2...5).contains(side.count) && side.first != UInt8(ascii: "0")
                        && side.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                }
        }
    ).example("1024x1024")

    /// An absolute `http` or `https` address.
    package static let webAddress = string(.uri, 1...2_048).example("https://example.com/hook")

    package static let credits = number().orNull.described(
        "In credits, of one US cent each; null when no price is known.")
}
