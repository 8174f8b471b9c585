import Auth
import Crypto
import FoundationEssentials
import JWTKit
import TestKit
import Testing
import Vocabulary

@Suite struct TokenTests {
    @Test("A good token tells the tenant, the user and the roles that are known")
    func good() async throws {
        let bench = try await AuthBench()
        let token = try TokenForge.hs256(bench.claims(["roles": ["admin", "user", "platform_admin", 7]]))
        let principal = try await bench.principal(token)
        #expect(
            principal
                == Principal(
                    tenant: try #require(TenantID("test-tenant")), subject: "user-1", email: "a@example.com",
                    roles: [.admin, .platformAdmin]))
        #expect(!principal.isTest)
    }

    @Test("The scheme is Bearer, in any case", arguments: ["bearer", "BEARER", "Bearer", "Bearer  "])
    func scheme(scheme: String) async throws {
        let bench = try await AuthBench()
        let token = try TokenForge.hs256(bench.claims())
        #expect(try await bench.authenticator.authenticate("\(scheme) \(token)").subject == "user-1")
    }

    @Test("No credential is missing, not invalid", arguments: [nil, "", "  ", "Bearer", "Bearer "] as [String?])
    func missing(header: String?) async throws {
        let bench = try await AuthBench()
        await #expect(throws: AuthError.missing) { try await bench.authenticator.authenticate(header) }
    }

    @Test("Another scheme is refused")
    func basic() async throws {
        let bench = try await AuthBench()
        await #expect(throws: AuthError.invalid("the scheme isn't Bearer")) {
            try await bench.authenticator.authenticate("Basic dXNlcjpwYXNz")
        }
    }

    @Test("The tenant may be called tenant_id, but the token may not name two")
    func tenantNames() async throws {
        let bench = try await AuthBench()
        let other = try TokenForge.hs256(bench.claims(["tenantId": .null, "tenant_id": "other"]))
        #expect(try await bench.principal(other).tenant.name == "other")
        let same = try TokenForge.hs256(bench.claims(["tenant_id": "test-tenant"]))
        #expect(try await bench.principal(same).tenant.name == "test-tenant")
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["tenant_id": "other"])), "two tenants")
    }

    @Test("none is refused, signed or not, in any case", arguments: ["none", "None", "NONE", ""])
    func none(name: String) async throws {
        let bench = try await AuthBench()
        let head: JSONValue = ["alg": .string(name), "typ": "JWT"]
        await bench.expectInvalid(
            try TokenForge.token(head: head, claims: bench.claims()) { _ in [] }, "algorithm")
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(), head: head), "algorithm")
    }

    @Test("A token without a signature, or with another, is refused")
    func signature() async throws {
        let bench = try await AuthBench()
        let head: JSONValue = ["alg": "HS256"]
        await bench.expectInvalid(try TokenForge.token(head: head, claims: bench.claims()) { _ in [] }, "signature")
        await bench.expectInvalid(
            try TokenForge.hs256(bench.claims(), secret: "another secret that has 32 bytes and more"), "signature")
        let good = try TokenForge.hs256(bench.claims()).split(separator: ".")
        let other = try TokenForge.hs256(bench.claims(["tenantId": "other"])).split(separator: ".")
        await bench.expectInvalid("\(good[0]).\(other[1]).\(good[2])", "signature")
        await bench.expectInvalid("\(good[0]).\(good[1]).\(good[2].dropLast(3))", "signature")
    }

    @Test("HS384 and HS512 with the right secret are refused", arguments: ["HS384", "HS512", "hs256"])
    func otherHMAC(name: String) async throws {
        let bench = try await AuthBench()
        let token = try TokenForge.token(head: ["alg": .string(name)], claims: bench.claims()) { signed in
            let key = SymmetricKey(data: Array(TokenForge.secret.reveal().utf8))
            return name == "HS384"
                ? Array(HMAC<SHA384>.authenticationCode(for: signed, using: key))
                : Array(HMAC<SHA512>.authenticationCode(for: signed, using: key))
        }
        await bench.expectInvalid(token, "algorithm")
    }

    @Test("RS256, ES256 and EdDSA are refused where HS256 is configured")
    func asymmetricAgainstSecret() async throws {
        let bench = try await AuthBench()
        for issuer in try await [IssuerKeyPair.rs256("a"), .es256("b"), .edDSA("c")] {
            await bench.expectInvalid(try issuer.token(bench.claims()), "algorithm")
        }
    }

    @Test("An extension that must be understood isn't")
    func critical() async throws {
        let bench = try await AuthBench()
        let head: JSONValue = ["alg": "HS256", "crit": ["b64"], "b64": false]
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(), head: head), "extension")
    }

    @Test("A token is good until its exp and the leeway, remembered or not")
    func expiry() async throws {
        let bench = try await AuthBench()
        let leeway = bench.settings.limits.leeway
        let token = try TokenForge.hs256(bench.claims())
        _ = try await bench.principal(token)
        bench.clock.advance(by: .seconds(600) + leeway - .milliseconds(1))
        _ = try await bench.principal(token)
        bench.clock.advance(by: .milliseconds(1))
        await bench.expectInvalid(token, "expired")
        let old = try TokenForge.hs256(bench.claims(["exp": .int(bench.clock.now.seconds - 3_600)]))
        await bench.expectInvalid(old, "expired")
    }

    @Test("exp is required and must be a time")
    func badExpiry() async throws {
        let bench = try await AuthBench()
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["exp": .null])), "no exp")
        for exp in [.string("\(bench.clock.now.seconds + 600)"), ["a"], true] as [JSONValue] {
            await bench.expectInvalid(try TokenForge.hs256(bench.claims(["exp": exp])), "wrong type")
        }
        for exp in [.double(1e300), .int(Int64.max), .int(-1)] as [JSONValue] {
            await bench.expectInvalid(try TokenForge.hs256(bench.claims(["exp": exp])), "no time")
        }
        let fraction = try TokenForge.hs256(bench.claims(["exp": .double(Double(bench.clock.now.seconds) + 60.5)]))
        #expect(try await bench.principal(fraction).subject == "user-1")
    }

    @Test("nbf is honoured, with the leeway")
    func notBefore() async throws {
        let bench = try await AuthBench()
        let token = try TokenForge.hs256(bench.claims(["nbf": .int(bench.clock.now.seconds + 60)]))
        await bench.expectInvalid(token, "yet")
        bench.clock.advance(by: .seconds(30))
        #expect(try await bench.principal(token).subject == "user-1")
    }

    @Test("A token without a tenant, or with no name of one, is refused")
    func badTenants() async throws {
        let bench = try await AuthBench()
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["tenantId": .null])), "no tenant")
        for name in ["", "Upper", "../etc", "a b", String(repeating: "a", count: 64)] {
            await bench.expectInvalid(try TokenForge.hs256(bench.claims(["tenantId": .string(name)])), "name")
        }
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["tenantId": 7])), "wrong type")
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["sub": .null])), "sub")
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(["sub": ""])), "sub")
    }

    @Test("Issuer and audience are checked when they are configured; an audience may be a list")
    func issuerAndAudience() async throws {
        let bench = try await AuthBench(
            AuthSettings(jwtSecret: TokenForge.secret, issuer: "https://issuer.example", audience: "atelier"))
        func token(_ iss: JSONValue, _ aud: JSONValue) throws -> String {
            try TokenForge.hs256(bench.claims(["iss": iss, "aud": aud]))
        }
        #expect(try await bench.principal(token("https://issuer.example", "atelier")).subject == "user-1")
        #expect(try await bench.principal(token("https://issuer.example", ["x", "atelier"])).subject == "user-1")
        await bench.expectInvalid(try token("https://issuer.example/", "atelier"), "issuer")
        await bench.expectInvalid(try token(.null, "atelier"), "issuer")
        for audience in ["other", ["x", "y"], [], .null, ["atelier": true]] as [JSONValue] {
            await bench.expectInvalid(try token("https://issuer.example", audience), "audience")
        }
    }

    @Test(
        "Garbage is refused",
        arguments: [
            "x", "..", "a.b.c", "a.b", "a.b.c.d", "e30.e30.e30", "é.é.é", "atl_prod_abc", "a b", "\u{0}.\u{0}.\u{0}",
        ])
    func garbage(credential: String) async throws {
        let bench = try await AuthBench()
        await bench.expectInvalid(credential, "no token and no API key")
    }

    @Test("Claims that are no object, or padded parts, are refused")
    func malformed() async throws {
        let bench = try await AuthBench()
        await bench.expectInvalid(try TokenForge.hs256(["a", "b"]), "wrong type")
        await bench.expectInvalid(try TokenForge.hs256(.string("x")), "wrong type")
        await bench.expectInvalid(try TokenForge.hs256(bench.claims()) + "=", "no token")
    }

    @Test("A token over the limit isn't looked at, however good")
    func tooLarge() async throws {
        let bench = try await AuthBench()
        let long = try TokenForge.hs256(bench.claims(["pad": .string(String(repeating: "a", count: 8_192))]))
        await bench.expectInvalid(long, "longer than 8192 bytes")
        let fits = try TokenForge.hs256(bench.claims(["pad": .string(String(repeating: "a", count: 4_096))]))
        #expect(try await bench.principal(fits).subject == "user-1")
    }

    @Test("A remembered token is the whole token: a changed one isn't found in the memory")
    func memory() async throws {
        let bench = try await AuthBench()
        let token = try TokenForge.hs256(bench.claims())
        for _ in 0..<3 { _ = try await bench.principal(token) }
        var parts = token.split(separator: ".").map(String.init)
        parts[2] = String(repeating: "A", count: parts[2].count)
        await bench.expectInvalid(parts.joined(separator: "."), "signature")
        #expect(try await bench.principal(token).tenant.name == "test-tenant")
    }

    @Test("A token of our own is accepted, and ends")
    func issued() async throws {
        let settings = AuthSettings(jwtSecret: TokenForge.secret, issuer: "atelier", audience: "api")
        let bench = try await AuthBench(settings)
        let issuer = try TokenIssuer(settings: settings, surroundings: bench.clock.surroundings)
        let tenant = try #require(TenantID("test-tenant"))
        let token = try issuer.mint(
            tenant: tenant, subject: "cli", roles: [.admin, .member], email: "o@example.com", ttl: .seconds(3_600))
        #expect(
            try await bench.principal(token)
                == Principal(tenant: tenant, subject: "cli", email: "o@example.com", roles: [.admin, .member]))
        bench.clock.advance(by: .seconds(3_631))
        await bench.expectInvalid(token, "expired")
        #expect(throws: AuthError.self) { try issuer.mint(tenant: tenant, subject: "cli", ttl: .zero) }
        // JWTKit, which others use, reads it too.
        let keys = await JWTKeyCollection().add(
            hmac: HMACKey(from: TokenForge.secret.reveal()), digestAlgorithm: .sha256)
        #expect(try await keys.verify(token, as: AnyClaims.self).sub.value == "cli")
    }

    @Test("No token is issued without a secret, with a short one, or where HS256 isn't allowed")
    func notIssued() throws {
        let surroundings = Surroundings.system
        for settings in [
            AuthSettings(), AuthSettings(jwtSecret: Secret("short")),
            AuthSettings(jwtSecret: TokenForge.secret, jwksURL: "https://x.example", algorithms: [.rs256]),
        ] {
            #expect(throws: AuthError.self) { try TokenIssuer(settings: settings, surroundings: surroundings) }
        }
    }

    @Test("A secret shorter than 32 bytes verifies nothing")
    func shortSecret() async throws {
        let bench = try await AuthBench(AuthSettings(jwtSecret: Secret("short")))
        await bench.expectInvalid(try TokenForge.hs256(bench.claims(), secret: "short"), "no secret")
    }
}

private struct AnyClaims: JWTPayload {
    var sub: SubjectClaim
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
