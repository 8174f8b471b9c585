import Crypto
import FoundationEssentials
import JWTKit
import Vocabulary

/// Reads a key set (RFC 7517, 5). A key that can't be used here is passed over: other kinds, other algorithms, keys for
/// encryption, secrets. Private parts are never read.
enum IssuerKeys {
    /// How many keys of a set are looked at.
    static let most = 64

    private struct Listing: Decodable {
        var keys: [JSONValue]
    }

    private struct Entry {
        var value: JSONValue

        func text(_ name: String) -> String? { value[name]?.string }
    }

    /// - Throws: `AuthError.unavailable` when the bytes are no key set.
    static func read(_ bytes: [UInt8]) async throws -> [IssuerKey] {
        guard let listing = try? JSONDecoder().decode(Listing.self, from: Data(bytes)) else {
            throw AuthError.unavailable("the answer is no key set")
        }
        var keys: [IssuerKey] = []
        for value in listing.keys.prefix(most) {
            let entry = Entry(value: value)
            guard let algorithm = algorithm(entry), let collection = await collection(entry, algorithm),
                let verifier = try? await collection.getKey()
            else { continue }
            keys.append(IssuerKey(kid: entry.text("kid"), algorithm: algorithm, verifier: verifier))
        }
        return keys
    }

    /// The one algorithm that a key is for, by its kind; nil when its own `alg`, `use` or `key_ops` say otherwise.
    private static func algorithm(_ entry: Entry) -> TokenAlgorithm? {
        let algorithm: TokenAlgorithm
        switch (entry.text("kty"), entry.text("crv")) {
        case ("RSA", _): algorithm = .rs256
        case ("EC", "P-256"): algorithm = .es256
        case ("OKP", "Ed25519"): algorithm = .edDSA
        default: return nil
        }
        if let alg = entry.value["alg"], alg.string != algorithm.rawValue { return nil }
        if let use = entry.value["use"], use.string != "sig" { return nil }
        if let operations = entry.value["key_ops"]?.array, !operations.contains("verify") { return nil }
        return algorithm
    }

    /// A collection that holds this key alone, which is how JWTKit makes a verifier of it.
    private static func collection(_ entry: Entry, _ algorithm: TokenAlgorithm) async -> JWTKeyCollection? {
        let collection = JWTKeyCollection()
        switch algorithm {
        case .hs256:
            return nil
        case .rs256:
            guard let modulus = entry.text("n"), let exponent = entry.text("e"),
                let key = try? Insecure.RSA.PublicKey(modulus: modulus, exponent: exponent)
            else { return nil }
            await collection.add(rsa: key, digestAlgorithm: .sha256)
        case .es256:
            guard let x = entry.text("x"), let y = entry.text("y"),
                let key = try? ES256PublicKey(parameters: (x: x, y: y))
            else { return nil }
            await collection.add(ecdsa: key)
        case .edDSA:
            guard let x = entry.text("x"), let key = try? EdDSA.PublicKey(x: x, curve: .ed25519) else { return nil }
            await collection.add(eddsa: key)
        }
        return collection
    }
}
