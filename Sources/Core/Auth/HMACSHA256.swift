import Crypto
import FoundationEssentials
import JWTKit
import Vocabulary

/// HS256: the same secret signs and verifies.
struct HMACSHA256: JWTAlgorithm {
    let name = TokenAlgorithm.hs256.rawValue
    private let key: SymmetricKey

    /// - Returns: nil when the secret is shorter than 32 bytes.
    init?(_ secret: Secret) {
        let bytes = Array(secret.reveal().utf8)
        guard bytes.count >= AuthSettings.minimumSecretSize else { return nil }
        key = SymmetricKey(data: bytes)
    }

    func sign(_ plaintext: some DataProtocol) throws -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: plaintext, using: key))
    }

    func verify(_ signature: some DataProtocol, signs plaintext: some DataProtocol) throws -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(Array(signature), authenticating: plaintext, using: key)
    }
}
