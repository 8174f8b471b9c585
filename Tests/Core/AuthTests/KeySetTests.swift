import Auth
import Crypto
import JWTKit
import TestKit
import Testing
import Vocabulary

@Suite struct KeySetTests {
    @Test("RS256, ES256 and EdDSA are verified against the published keys, which are fetched once")
    func algorithms() async throws {
        let issuers = try await [IssuerKeyPair.rs256("r"), .es256("e"), .edDSA("o")]
        try await IssuerBench.run(publishing: issuers) { bench in
            for issuer in issuers {
                let principal = try await bench.principal(try issuer.token(bench.claims()))
                #expect(principal.tenant.name == "test-tenant")
                // Without a kid any key of the algorithm may be the one.
                let anonymous = try issuer.token(bench.claims(["sub": "user-2"]), head: ["kid": .null])
                #expect(try await bench.principal(anonymous).subject == "user-2")
            }
            #expect(bench.fetches == 1)
            #expect(bench.double.requests.first?.path == "/jwks.json")
        }
    }

    @Test("Many requests at the start share one fetch")
    func singleFlight() async throws {
        let issuer = try await IssuerKeyPair.edDSA("a")
        try await IssuerBench.run(publishing: [issuer]) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    let token = try issuer.token(bench.claims(["sub": .string("user-\(number)")]))
                    group.addTask { _ = try await bench.principal(token) }
                }
                try await group.waitForAll()
            }
            #expect(bench.fetches == 1)
        }
    }

    @Test("A key of another issuer, or a changed token, is refused")
    func wrongKey() async throws {
        let issuer = try await IssuerKeyPair.es256("a")
        let impostor = try await IssuerKeyPair.es256("a")
        try await IssuerBench.run(publishing: [issuer]) { bench in
            await bench.expectInvalid(try impostor.token(bench.claims()), "signature")
            await bench.expectInvalid(try impostor.token(bench.claims(), head: ["kid": .null]), "signature")
            let expired = try issuer.token(bench.claims(["exp": .int(bench.clock.now.seconds - 60)]))
            await bench.expectInvalid(expired, "expired")
            await bench.expectInvalid(try issuer.token(bench.claims(["tenantId": .null])), "no tenant")
        }
    }

    @Test(
        "HS256 with the public key as the secret is refused, with a secret configured or not", arguments: [false, true])
    func confusion(withSecret: Bool) async throws {
        let issuer = try await IssuerKeyPair.rs256("r")
        let pem = try RSAFixture.key().publicKey.pemRepresentation
        try await IssuerBench.run(
            publishing: [issuer],
            adjust: { settings in
                guard withSecret else { return }
                settings.jwtSecret = TokenForge.secret
                settings.chosenAlgorithms = [.hs256, .rs256]
            }
        ) { bench in
            for text in [pem, pem + "\n", RSAFixture.modulus] {
                for head in [["alg": "HS256", "kid": "r"], ["alg": "HS256"]] as [JSONValue] {
                    await bench.expectInvalid(
                        try TokenForge.hs256(bench.claims(), secret: text, head: head),
                        withSecret ? "signature" : "algorithm")
                }
            }
            let rsa = try issuer.token(bench.claims())
            #expect(try await bench.principal(rsa).subject == "user-1")
            // An RSA signature under the name of HS256 is no HMAC.
            await bench.expectInvalid(
                try issuer.token(bench.claims(), head: ["alg": "HS256"]), withSecret ? "signature" : "algorithm")
            guard withSecret else { return }
            let own = try TokenForge.hs256(bench.claims(["sub": "user-3"]))
            #expect(try await bench.principal(own).subject == "user-3")
        }
    }

    @Test("An algorithm that isn't allowed is refused although the key is published")
    func pinned() async throws {
        let issuers = try await [IssuerKeyPair.rs256("r"), .es256("e")]
        try await IssuerBench.run(publishing: issuers, adjust: { $0.chosenAlgorithms = [.es256] }) { bench in
            await bench.expectInvalid(try issuers[0].token(bench.claims()), "algorithm")
            #expect(try await bench.principal(try issuers[1].token(bench.claims())).subject == "user-1")
        }
    }

    @Test("A published key is used for its own algorithm and purpose alone")
    func purposes() async throws {
        let rsa = try await IssuerKeyPair.rs256("r")
        let good = try await IssuerKeyPair.es256("good")
        let changes: [[String: JSONValue]] = [
            ["alg": "RS512"], ["alg": "PS256"], ["alg": "HS256"], ["alg": 7], ["use": "enc"], ["key_ops": ["sign"]],
            ["kty": "oct", "k": .string(Base64URL.encode(Array(TokenForge.secret.reveal().utf8)))], ["n": "AQAB"],
        ]
        for change in changes {
            try await IssuerBench.run(publishing: [good]) { bench in
                // Unknown kinds of keys beside it don't spoil the set.
                try bench.publish(entries: [
                    ["kty": "future", "kid": "x"], rsa.jwk.merging(change) { $1 }, good.jwk,
                ])
                await bench.expectInvalid(try rsa.token(bench.claims()), "key set")
                // A kid that names a key of another algorithm finds none.
                await bench.expectInvalid(try rsa.token(bench.claims(), head: ["kid": "good"]), "key set")
                #expect(try await bench.principal(try good.token(bench.claims())).subject == "user-1")
            }
        }
    }

    @Test("A new key is fetched when it is first seen, at most once a minute")
    func rotation() async throws {
        let old = try await IssuerKeyPair.es256("2025")
        let new = try await IssuerKeyPair.edDSA("2026")
        let stranger = try await IssuerKeyPair.edDSA("stranger")
        try await IssuerBench.run(publishing: [old]) { bench in
            _ = try await bench.principal(try old.token(bench.claims()))
            try bench.publish([old, new])
            #expect(try await bench.principal(try new.token(bench.claims())).subject == "user-1")
            #expect(bench.fetches == 2)
            for _ in 0..<10 { await bench.expectInvalid(try stranger.token(bench.claims()), "key set") }
            #expect(bench.fetches == 2)
            bench.clock.advance(by: .seconds(60))
            for _ in 0..<10 { await bench.expectInvalid(try stranger.token(bench.claims()), "key set") }
            #expect(bench.fetches == 3)
        }
    }

    @Test("Old keys stay good while the issuer is down, and its return is noticed", arguments: [500, 200])
    func down(status: Int) async throws {
        let issuer = try await IssuerKeyPair.es256("a")
        let new = try await IssuerKeyPair.es256("b")
        try await IssuerBench.run(publishing: [issuer]) { bench in
            _ = try await bench.principal(try issuer.token(bench.claims()))
            bench.double.handle { _ in HTTPDouble.Reply(status, text: "out of order") }
            for hour in 1...3 {
                bench.clock.advance(by: .seconds(3_600))
                let token = try issuer.token(bench.claims(["sub": .string("user-\(hour)")]))
                #expect(try await bench.principal(token).subject == "user-\(hour)")
            }
            #expect(bench.fetches >= 4)
            try bench.publish([issuer, new])
            bench.clock.advance(by: .seconds(60))
            #expect(try await bench.principal(try new.token(bench.claims())).subject == "user-1")
        }
    }

    @Test("Keys are fetched again after ten minutes, without anyone waiting for it")
    func refresh() async throws {
        let issuer = try await IssuerKeyPair.es256("a")
        try await IssuerBench.run(publishing: [issuer]) { bench in
            _ = try await bench.principal(try issuer.token(bench.claims()))
            bench.double.handle { _ in .hang }
            bench.clock.advance(by: .seconds(600))
            _ = try await bench.principal(try issuer.token(bench.claims(["sub": "user-2"])))
            try await eventually("a second fetch") { bench.fetches == 2 }
        }
    }

    @Test("A key that its issuer withdrew is refused although its tokens were remembered")
    func withdrawn() async throws {
        let old = try await IssuerKeyPair.es256("a")
        let new = try await IssuerKeyPair.es256("b")
        try await IssuerBench.run(publishing: [old]) { bench in
            let token = try old.token(bench.claims(["exp": .int(bench.clock.now.seconds + 86_400)]))
            _ = try await bench.principal(token)
            try bench.publish([new])
            // Twice the refresh interval: nobody may go on with keys of that age while the issuer answers.
            bench.clock.advance(by: .seconds(1_200))
            await bench.expectInvalid(token, "key set")
            #expect(try await bench.principal(try new.token(bench.claims())).subject == "user-1")
        }
    }

    @Test("Without any key the credential can't be checked, which isn't the client's fault; later it can")
    func neverSeen() async throws {
        let issuer = try await IssuerKeyPair.es256("a")
        try await IssuerBench.run(publishing: []) { bench in
            for _ in 0..<5 { await bench.expectUnavailable(try issuer.token(bench.claims())) }
            #expect(bench.fetches == 1)
            try bench.publish([issuer])
            bench.clock.advance(by: .seconds(5))
            #expect(try await bench.principal(try issuer.token(bench.claims())).subject == "user-1")
        }
    }

    @Test("A set over the limit isn't read, and an issuer that hangs is given up")
    func limits() async throws {
        let issuer = try await IssuerKeyPair.es256("a")
        try await IssuerBench.run(
            publishing: [issuer],
            adjust: { settings in
                settings.limits.jwksMaximumSize = 64
                settings.limits.jwksDeadline = .milliseconds(300)
            }
        ) { bench in
            await bench.expectUnavailable(try issuer.token(bench.claims()))
            bench.double.handle { _ in .hang }
            bench.clock.advance(by: .seconds(5))
            await bench.expectUnavailable(try issuer.token(bench.claims()))
        }
    }

    @Test("Without an address of a key set its algorithms are refused")
    func noAddress() async throws {
        let bench = try await AuthBench(AuthSettings(jwtSecret: TokenForge.secret, algorithms: [.hs256, .es256]))
        let issuer = try await IssuerKeyPair.es256("a")
        await bench.expectInvalid(try issuer.token(bench.claims()), "no key set")
    }
}
