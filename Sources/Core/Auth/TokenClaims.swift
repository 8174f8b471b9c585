import FoundationEssentials
import Vocabulary

/// The head of a token (RFC 7515, 4.1). What isn't named here has no effect.
struct TokenHeader: Decodable {
    var alg: String
    var kid: String?
    /// Extensions that must be understood; none is.
    var crit: JSONValue?
}

/// The claims that are read (RFC 7519, 4.1), and the tenant.
struct TokenClaims: Codable {
    var sub: String
    var email: String?
    var roles: JSONValue?
    var tenantId: String?
    var tenantID: String?
    var iss: String?
    var aud: JSONValue?
    var exp: Double?
    var nbf: Double?
    var iat: Double?

    enum CodingKeys: String, CodingKey {
        case sub, email, roles, tenantId, iss, aud, exp, nbf, iat
        case tenantID = "tenant_id"
    }

    /// The roles that the house knows; any other is ignored, whatever it is.
    var knownRoles: Set<Role> {
        Set(Self.texts(roles).compactMap(Role.init(rawValue:)))
    }

    /// `aud` is one text or a list of them.
    var audiences: [String] { Self.texts(aud) }

    private static func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let items): items.compactMap(\.string)
        default: []
        }
    }

    /// Seconds since 1970, perhaps with a fraction, as a moment.
    /// - Returns: nil when the number is no moment before the year 10000.
    static func moment(_ seconds: Double) -> Timestamp? {
        guard seconds >= 0, seconds < 253_402_300_800 else { return nil }
        return Timestamp(microseconds: Int64(seconds * 1_000_000))
    }
}
