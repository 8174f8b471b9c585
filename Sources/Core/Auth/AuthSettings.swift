package import Settings
package import Vocabulary

/// The algorithms of tokens that can be allowed.
package enum TokenAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// HMAC with the configured secret.
    case hs256 = "HS256"
    /// RSA, PKCS #1 v1.5, SHA-256, against the configured key set.
    case rs256 = "RS256"
    /// ECDSA on P-256, SHA-256, against the configured key set.
    case es256 = "ES256"
    /// Ed25519, against the configured key set.
    case edDSA = "EdDSA"

    /// Whether the key is public and comes from the key set; the secret is never used for these.
    package var isAsymmetric: Bool { self != .hs256 }

    /// Those of a key set.
    package static let asymmetric: Set<TokenAlgorithm> = [.rs256, .es256, .edDSA]
}

/// Whose tokens are accepted.
package struct AuthSettings: Sendable {
    /// The secret of HS256, at least 32 bytes. The composition root puts the generated one here when none is
    /// configured and no key set either.
    package var jwtSecret: Secret?
    /// Where an outside issuer publishes its keys.
    package var jwksURL: String?
    /// The `iss` that a token must have; nil doesn't look at it.
    package var issuer: String?
    /// The `aud` that a token must have among its own; nil doesn't look at it.
    package var audience: String?
    /// The allowed algorithms when they were given; nil for the default.
    package var chosenAlgorithms: Set<TokenAlgorithm>?
    package var limits = AuthLimits()

    /// The shortest secret of HS256, in bytes: the size of its hash (RFC 7518, 3.2).
    package static let minimumSecretSize = 32

    /// What a token may be signed with: as chosen; else HS256 alone when there is a secret, or the algorithms of key
    /// sets when there is an address of one and no secret.
    package var algorithms: Set<TokenAlgorithm> {
        if let chosenAlgorithms { return chosenAlgorithms }
        return jwtSecret == nil && jwksURL != nil ? TokenAlgorithm.asymmetric : [.hs256]
    }

    package init(
        jwtSecret: Secret? = nil, jwksURL: String? = nil, issuer: String? = nil, audience: String? = nil,
        algorithms: Set<TokenAlgorithm>? = nil, limits: AuthLimits = AuthLimits()
    ) {
        self.jwtSecret = jwtSecret
        self.jwksURL = jwksURL
        self.issuer = issuer
        self.audience = audience
        self.chosenAlgorithms = algorithms
        self.limits = limits
    }

    package init(reading reader: SettingsReader) {
        jwtSecret = reader.secret("ATELIER_JWT_SECRET", "secret of HS256 tokens, 32 bytes or more; made at first start")
        if let jwtSecret, jwtSecret.reveal().utf8.count < Self.minimumSecretSize {
            reader.refuse("ATELIER_JWT_SECRET", allowed: "\(Self.minimumSecretSize) bytes or more")
        }
        jwksURL = reader.parsed(
            "ATELIER_JWKS_URL", default: nil, defaultText: "", allowed: "an http or https URL",
            "where an outside issuer publishes its keys"
        ) { text -> String?? in
            text.hasPrefix("https://") || text.hasPrefix("http://") ? .some(text) : nil
        }
        issuer = reader.text("ATELIER_JWT_ISSUER", "the iss that a token must have")
        audience = reader.text("ATELIER_JWT_AUDIENCE", "the aud that a token must have")
        chosenAlgorithms = reader.parsed(
            "ATELIER_JWT_ALGORITHMS", default: nil, defaultText: "",
            allowed: "a comma list of HS256, RS256, ES256, EdDSA",
            "algorithms of tokens; by default HS256 with a secret, else those of the key set"
        ) { text -> Set<TokenAlgorithm>?? in Self.algorithms(text).map { .some($0) } }
        limits = AuthLimits(reading: reader)
        if let chosen = chosenAlgorithms {
            if jwksURL == nil, chosen.contains(where: \.isAsymmetric) {
                reader.refuse("ATELIER_JWT_ALGORITHMS", allowed: "HS256 alone, as ATELIER_JWKS_URL isn't set")
            }
            if jwtSecret == nil, jwksURL != nil, chosen.contains(.hs256) {
                reader.refuse("ATELIER_JWT_ALGORITHMS", allowed: "no HS256, as ATELIER_JWT_SECRET isn't set")
            }
        }
    }

    private static func algorithms(_ text: String) -> Set<TokenAlgorithm>? {
        var found: Set<TokenAlgorithm> = []
        for name in text.split(separator: ",") {
            guard let algorithm = TokenAlgorithm(rawValue: String(name.filter { $0 != " " })) else { return nil }
            found.insert(algorithm)
        }
        return found.isEmpty ? nil : found
    }
}
