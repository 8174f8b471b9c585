import Crypto
import FoundationEssentials
package import Vocabulary

/// The symmetric signature of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): `v1,` and the base64 of
/// HMAC-SHA256 over `id.timestamp.body`, with the base64-decoded rest of a `whsec_…` secret as the key.
package enum StandardWebhookSignature {
    package static let secretPrefix = "whsec_"
    /// How far a message's timestamp may be from now, in seconds.
    package static let tolerance: Int64 = 300

    /// A new secret of 32 random bytes.
    package static func newSecret(_ surroundings: Surroundings) -> Secret {
        Secret(secretPrefix + Data(surroundings.randomBytes(32)).base64EncodedString())
    }

    /// - Returns: nil when the secret isn't `whsec_` and base64 of 16 to 64 bytes.
    package static func key(_ secret: Secret) -> [UInt8]? {
        let text = secret.reveal()
        guard text.hasPrefix(secretPrefix), let bytes = Data(base64Encoded: String(text.dropFirst(secretPrefix.count))),
            (16...64).contains(bytes.count)
        else { return nil }
        return Array(bytes)
    }

    /// The value of `webhook-signature`: one signature per secret.
    package static func sign(id: String, timestamp: Int64, body: [UInt8], secrets: [Secret]) -> String {
        secrets.compactMap(key).map { "v1," + Data(code(id, timestamp, body, $0)).base64EncodedString() }
            .joined(separator: " ")
    }

    /// Whether one of the signatures is of one of the secrets, and the timestamp is of now.
    /// - Parameters:
    ///   - timestamp: the header `webhook-timestamp`, in seconds.
    ///   - signatures: the header `webhook-signature`; unknown versions are passed over.
    package static func verify(
        id: String, timestamp: String, signatures: String, body: [UInt8], secrets: [Secret], now: Timestamp
    ) -> Bool {
        guard let seconds = Int64(timestamp), abs(seconds - now.seconds) <= tolerance, !id.isEmpty else { return false }
        let given = signatures.split(separator: " ").compactMap { signature -> [UInt8]? in
            guard signature.hasPrefix("v1,") else { return nil }
            return Data(base64Encoded: String(signature.dropFirst(3))).map(Array.init)
        }
        return secrets.compactMap(key).contains { key in
            let expected = code(id, seconds, body, key)
            return given.contains { isEqualInConstantTime($0, expected) }
        }
    }

    private static func code(_ id: String, _ timestamp: Int64, _ body: [UInt8], _ key: [UInt8]) -> [UInt8] {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
        mac.update(data: Data("\(id).\(timestamp).".utf8))
        mac.update(data: body)
        return Array(mac.finalize())
    }
}
