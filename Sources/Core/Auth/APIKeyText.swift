import Crypto
import Vocabulary

/// The text of an API key: `atl_live_` or `atl_test_`, 52 characters of chance (260 bits), and 6 that follow from all
/// before them, so that a slip of the pen is refused without a look into the database.
enum APIKeyText {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let randomLength = 52
    private static let checksumLength = 6

    private static func prefix(_ kind: APIKey.Kind) -> String { "atl_\(kind.rawValue)_" }

    /// Whether a credential is meant as an API key, good or not.
    static func isOne(_ text: String) -> Bool { APIKey.Kind.allCases.contains { text.hasPrefix(prefix($0)) } }

    static func make(_ kind: APIKey.Kind, surroundings: Surroundings) -> Secret {
        let random = surroundings.randomBytes(randomLength).map { alphabet[Int($0 & 31)] }
        let text = prefix(kind) + String(decoding: random, as: UTF8.self)
        return Secret(text + checksum(text.utf8))
    }

    /// - Returns: the hash under which the key is kept; nil when the text can't be a key.
    static func hash(_ text: String) -> SHA256.Digest? {
        guard let kind = APIKey.Kind.allCases.first(where: { text.hasPrefix(prefix($0)) }) else { return nil }
        let bytes = text.utf8
        guard bytes.count == prefix(kind).utf8.count + randomLength + checksumLength,
            bytes.dropFirst(prefix(kind).utf8.count).allSatisfy(alphabet.contains),
            checksum(bytes.dropLast(checksumLength)).utf8.elementsEqual(bytes.suffix(checksumLength))
        else { return nil }
        return SHA256.hash(data: Array(bytes))
    }

    private static func checksum(_ text: some Sequence<UInt8>) -> String {
        let digest = SHA256.hash(data: Array("atelier-key-checksum:".utf8) + Array(text))
        return String(decoding: digest.prefix(checksumLength).map { alphabet[Int($0 & 31)] }, as: UTF8.self)
    }
}
