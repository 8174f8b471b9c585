import Crypto
import FoundationEssentials
import JWTKit
import Vocabulary

/// Makes tokens of any kind, good and bad.
enum TokenForge {
    static let secret = Secret("a secret that only the tests have, 0123456789")

    /// Signs whatever head and claims are given.
    static func token(
        head: JSONValue, claims: JSONValue, signature: (_ signed: [UInt8]) throws -> [UInt8]
    ) throws -> String {
        let signed =
            try Base64URL.encode(JSONEncoder().encode(head)) + "." + Base64URL.encode(JSONEncoder().encode(claims))
        return signed + "." + Base64URL.encode(try signature(Array(signed.utf8)))
    }

    static func hs256(
        _ claims: JSONValue, secret: String = secret.reveal(), head: JSONValue = ["alg": "HS256", "typ": "JWT"]
    ) throws -> String {
        try token(head: head, claims: claims) { hmac($0, secret) }
    }

    static func hmac(_ signed: [UInt8], _ secret: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: Array(secret.utf8))))
    }

    /// Claims that are in order at `now`, with some changed; null takes one away.
    static func claims(_ now: Timestamp, _ changes: [String: JSONValue] = [:]) -> JSONValue {
        var claims: [String: JSONValue] = [
            "sub": "user-1", "email": "a@example.com", "roles": ["admin"], "tenantId": "test-tenant",
            "exp": .int(now.seconds + 600),
        ]
        for (name, value) in changes { claims[name] = value == .null ? nil : value }
        return .object(claims)
    }
}

/// An outside issuer's keys.
struct IssuerKeyPair: Sendable {
    var kid: String
    var alg: String
    /// The public key as an entry of a key set.
    var jwk: [String: JSONValue]
    var signer: any JWTAlgorithm

    func token(_ claims: JSONValue, head changes: [String: JSONValue] = [:]) throws -> String {
        var head: [String: JSONValue] = ["alg": .string(alg), "kid": .string(kid)]
        for (name, value) in changes { head[name] = value == .null ? nil : value }
        return try TokenForge.token(head: .object(head), claims: claims) { try signer.sign($0) }
    }

    static func es256(_ kid: String) async throws -> IssuerKeyPair {
        let key = P256.Signing.PrivateKey()
        let point = Array(key.publicKey.rawRepresentation)
        return IssuerKeyPair(
            kid: kid, alg: "ES256",
            jwk: [
                "kty": "EC", "crv": "P-256", "kid": .string(kid), "use": "sig",
                "x": .string(Base64URL.encode(point.prefix(32))), "y": .string(Base64URL.encode(point.suffix(32))),
            ], signer: try await JWTKeyCollection().add(ecdsa: ES256PrivateKey(backing: key)).getKey())
    }

    static func edDSA(_ kid: String) async throws -> IssuerKeyPair {
        let key = Curve25519.Signing.PrivateKey()
        return IssuerKeyPair(
            kid: kid, alg: "EdDSA",
            jwk: [
                "kty": "OKP", "crv": "Ed25519", "kid": .string(kid), "alg": "EdDSA",
                "x": .string(Base64URL.encode(key.publicKey.rawRepresentation)),
            ], signer: try await JWTKeyCollection().add(eddsa: EdDSA.PrivateKey(backing: key)).getKey())
    }

    static func rs256(_ kid: String) async throws -> IssuerKeyPair {
        IssuerKeyPair(
            kid: kid, alg: "RS256",
            jwk: [
                "kty": "RSA", "kid": .string(kid), "alg": "RS256", "use": "sig", "n": .string(RSAFixture.modulus),
                "e": "AQAB",
            ], signer: try await JWTKeyCollection().add(rsa: RSAFixture.key(), digestAlgorithm: .sha256).getKey())
    }
}

/// A key of 2,048 bits for these tests alone; to make one takes too long.
enum RSAFixture {
    static let modulus =
        "pOYL8tzRUnPdQZXA6x35EXjBuHDDoi2jhFuitNDRW083PY3aayPjPVWN2fJOjXi5EHXHGdHRIYYk59475e72b5AXtd"
        + "NwvGZnTWtjvwYNtHPbGqhWpA3HOYC7-iISbZK2FNCv2iaBAaw4j2a2sCEIch5KOf1G4fKaTExhORnlrzN_VLoWhX0M"
        + "WPLsYpblAJAWZCg2Cb-c3688zqCnjwgF2VD0IyhbyTz8OdP4oQEh9NxaRqxEzwbGsiL-fBY7FvxE_UM8HzEYHucZYN"
        + "rTMzHEQWiX7K9lA-QpFVzJH0EeUlZdbnAeS345fQhE2ezVzaUH5IzpjJkU0QbmhLBT3nSWpw"
    private static let exponent =
        "EBNRNOLsESK0fjFQNlucrWRdVlK_766NU1jvmrsEvecSFpEeqvU7sP4HLykdGVOcjws8VrsKrT77mBMlObw7EBM3DI"
        + "XJZsSA6549giDf8yicQpQIpkOlmWiAatkpfL8huxPBIP5B81zLwscbpj4CKcXkLJURdPOGsUt86ukoaBTwD6IGkWqt"
        + "SSiPvmbxxRohbHB3wN_Jzx3WcqV5rJyrIstYLQweT6gRs-JhIFS2lUhB2Aac_tSq8p7KzJz7vWn8gEmfO-nRjlpevk"
        + "YP6xkflk4jaxf2N6lCzq88JYYU8K07HwWAXeGfj-iwsOP8_X5XpvBVW_ESzFAZeCj_HEiFIQ"
    private static let prime1 =
        "0-JiDinGgHAIZxownSVSGxcE9XYDPC2n4qeoK6gXQYqH1Qvbc8Kbv8vjWfQ6l9cFVwR-m_KXWl1iTJ9CPB4S9AnXCi"
        + "qgIcPngF93QUDnU-bKUMf__NzTcBPmwj6ORYYD7_QaIibzCnSXBr5O3obh0FUadznAbiikD2-8PYxTdPE"
    private static let prime2 =
        "xztJKLdXPA8l3dYit7oRrzpPR7xYDtaqcy0GLLj3v7irHG5HM8PcH3Yml5glgZUC19AA-2KZbJmZ-LAo98i4Mfd28-"
        + "hDVIKraLyZNvGRX5aIQEhASI2pm1Edww0BcYKg4_3RJB27fS-endllZLmqsGWTXwoanWLpKORfD2ryZRc"

    static func key() throws -> JWTKit.Insecure.RSA.PrivateKey {
        try JWTKit.Insecure.RSA.PrivateKey(
            modulus: modulus, exponent: "AQAB", privateExponent: exponent, prime1: prime1, prime2: prime2)
    }
}
