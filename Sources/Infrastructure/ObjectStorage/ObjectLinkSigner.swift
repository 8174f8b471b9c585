import Crypto
package import Vocabulary

/// Signs download links that the API itself serves, each for one object and until one moment.
package struct ObjectLinkSigner: Sendable {
    /// What the path of every link begins with.
    package static let path = "/v1/files/"

    private let secret: SymmetricKey
    private let publicURL: String

    /// - Parameters:
    ///   - secret: at least 32 random bytes.
    ///   - publicURL: what clients reach the API at, such as `https://api.example.com`.
    package init(secret: [UInt8], publicURL: String) {
        self.secret = SymmetricKey(data: secret)
        self.publicURL = publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
    }

    /// `{publicURL}/v1/files/{key}?expires={unix seconds}&signature={base64url}`. The moment is cut to a second.
    package func sign(_ key: ObjectKey, expiresAt: Timestamp) -> String {
        let expires = expiresAt.seconds
        let signature = HMAC<SHA256>.authenticationCode(for: Self.message(key, expires: expires), using: secret)
        return "\(publicURL)\(Self.path)\(key)?expires=\(expires)&signature=\(Base64URL.encode(Array(signature)))"
    }

    /// Checks what a client followed, in a time that doesn't depend on how much of the signature is right.
    /// - Parameters:
    ///   - key: the path after `/v1/files/`.
    ///   - expires: the text of the parameter.
    ///   - signature: the text of the parameter.
    /// - Returns: nil unless this signer made the link for that object and it hasn't expired.
    package func verify(_ key: String, expires: String, signature: String, now: Timestamp) -> ObjectKey? {
        guard let key = ObjectKey(key), let moment = Int64(expires), String(moment) == expires else { return nil }
        guard let code = Base64URL.decode(signature) else { return nil }
        let isSigned = HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: Self.message(key, expires: moment), using: secret)
        guard isSigned, now.seconds < moment else { return nil }
        return key
    }

    private static func message(_ key: ObjectKey, expires: Int64) -> [UInt8] {
        Array("atelier-file-link\n\(key)\n\(expires)".utf8)
    }
}
