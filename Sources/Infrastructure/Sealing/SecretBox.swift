import Crypto
import FoundationEssentials
package import Vocabulary

/// Seals secrets for the database: AES-256-GCM under a key made from the master key, bound to what the secret is for,
/// so that a sealed value copied to another row doesn't open there.
package struct SecretBox: Sendable {
    private let key: SymmetricKey
    private let randomBytes: @Sendable (Int) -> [UInt8]

    /// - Parameter masterKey: at least 32 bytes of text.
    package init(masterKey: Secret, surroundings: Surroundings) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(masterKey.reveal().utf8)),
            info: Data("atelier secrets at rest".utf8),
            outputByteCount: 32)
        randomBytes = surroundings.randomBytes
    }

    /// - Parameter purpose: what the secret is for, with the ids of its row.
    package func seal(_ secret: Secret, for purpose: String) throws -> String {
        let nonce = try AES.GCM.Nonce(data: randomBytes(12))
        let box = try AES.GCM.seal(
            Data(secret.reveal().utf8), using: key, nonce: nonce, authenticating: Data(purpose.utf8))
        return "v1." + Base64URL.encode(Array(nonce) + Array(box.ciphertext) + Array(box.tag))
    }

    /// - Throws: `SealingError` when it was sealed under another key, for another purpose, or was altered.
    package func open(_ sealed: String, for purpose: String) throws -> Secret {
        guard sealed.hasPrefix("v1."), let bytes = Base64URL.decode(String(sealed.dropFirst(3))), bytes.count >= 28,
            let box = try? AES.GCM.SealedBox(combined: Data(bytes)),
            let plain = try? AES.GCM.open(box, using: key, authenticating: Data(purpose.utf8))
        else { throw SealingError.cannotOpen }
        return Secret(String(decoding: plain, as: UTF8.self))
    }
}

package enum SealingError: Error, Sendable, CustomStringConvertible {
    case cannotOpen

    package var description: String {
        "a secret in the database can't be opened: ATELIER_MASTER_KEY is not the one that it was sealed with"
    }
}
