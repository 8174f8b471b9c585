package import Vocabulary

/// Where an object lies: `tenants/{tenant}/{category}/{file}`. Built from its parts only, so that no key can climb out
/// of its tenant.
package struct ObjectKey: Hashable, Sendable, CustomStringConvertible {
    /// What kind of object it is; a folder of the tenant.
    package enum Category: String, Sendable, CaseIterable, Codable {
        case images, videos, texts, references
    }

    package let tenant: TenantID
    package let category: Category
    package let file: String

    /// The longest file name, in characters.
    package static let maximumFileLength = 128

    /// - Returns: nil unless `file` is `[A-Za-z0-9][A-Za-z0-9._-]{0,127}` without two dots in a row.
    package init?(tenant: TenantID, category: Category, file: String) {
        let bytes = Array(file.utf8)
        guard let first = bytes.first, bytes.count <= Self.maximumFileLength, Self.isAlphanumeric(first) else {
            return nil
        }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || [0x2e, 0x5f, 0x2d].contains($0) }) else { return nil }
        guard !file.contains("..") else { return nil }
        self.tenant = tenant
        self.category = category
        self.file = file
    }

    /// Reads a key back from its text, as stored in a row or named in a link.
    /// - Returns: nil when it isn't one.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, parts[0] == "tenants" else { return nil }
        guard let tenant = TenantID(parts[1]), let category = Category(rawValue: parts[2]) else { return nil }
        self.init(tenant: tenant, category: category, file: parts[3])
    }

    package var text: String { "tenants/\(tenant)/\(category.rawValue)/\(file)" }
    package var description: String { text }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
