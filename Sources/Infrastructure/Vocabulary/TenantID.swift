/// The name of a tenant: `[a-z0-9][a-z0-9_-]{0,62}`, chosen by its owner.
///
/// Code that reads or writes a tenant's data takes one of these as its first argument. It is made from a verified
/// credential, or read back from a row that was written with one.
package struct TenantID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let name: String

    /// The longest name allowed, in characters.
    package static let maximumLength = 63

    /// - Returns: nil when `name` does not have the form of a tenant's name.
    package init?(_ name: String) {
        let bytes = name.utf8
        guard let first = bytes.first, bytes.count <= Self.maximumLength else { return nil }
        guard Self.isAlphanumeric(first) else { return nil }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") })
        else { return nil }
        self.name = name
    }

    package var description: String { name }

    package static func < (left: TenantID, right: TenantID) -> Bool { left.name < right.name }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension TenantID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        guard let tenant = TenantID(name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the name of a tenant")
        }
        self = tenant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
