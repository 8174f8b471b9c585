/// An amount of money. One credit is one US cent; a micro-credit is a millionth of it.
package struct MicroCredits: Hashable, Sendable, Comparable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    package static let zero = MicroCredits(0)

    package static func < (left: MicroCredits, right: MicroCredits) -> Bool { left.count < right.count }

    package static func + (left: MicroCredits, right: MicroCredits) -> MicroCredits {
        MicroCredits(left.count + right.count)
    }

    package static func - (left: MicroCredits, right: MicroCredits) -> MicroCredits {
        MicroCredits(left.count - right.count)
    }

    /// The amount in credits, for answers to clients; never for arithmetic.
    package var credits: Double { Double(count) / 1_000_000 }
}
