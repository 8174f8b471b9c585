import FoundationEssentials
import Vocabulary

/// A token in compact form (RFC 7515, 7.1), taken apart and not yet believed.
struct TokenParts {
    let header: TokenHeader
    /// What the signature is about: the first two parts as they came.
    let signed: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]

    /// - Throws: `AuthError.invalid`.
    init(_ token: String) throws {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.allSatisfy(Self.isBase64URL) }),
            let head = Self.decode(parts[0]), let payload = Self.decode(parts[1]),
            let signature = Self.decode(parts[2]),
            let header = try? JSONDecoder().decode(TokenHeader.self, from: Data(head))
        else { throw AuthError.invalid("it is no token and no API key") }
        guard header.crit == nil else { throw AuthError.invalid("the token needs an extension that isn't known") }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }

    private static func decode(_ part: some Sequence<UInt8>) -> [UInt8]? {
        Base64URL.decode(String(decoding: Array(part), as: UTF8.self))
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
