import Auth
import Database
import DatabaseSQLite
import TestKit
import Testing
import Vocabulary

@Suite struct APIKeyTests {
    private func tenant(_ name: String = "test-tenant") throws -> TenantID { try #require(TenantID(name)) }

    @Test("A live key and a test key tell their tenant, their roles, and which of the two they are")
    func principals() async throws {
        let bench = try await AuthBench()
        for kind in APIKey.Kind.allCases {
            let (key, secret) = try await bench.keys.create(
                tenant(), name: "CI", kind: kind, roles: [.member, .admin])
            #expect(secret.reveal().hasPrefix("atl_\(kind.rawValue)_"))
            let expected = Principal(
                tenant: try tenant(), subject: key.id.text, roles: [.member, .admin], isTest: kind == .test,
                keyID: key.id)
            #expect(try await bench.principal(secret.reveal()) == expected)
            #expect(try await bench.authenticator.authenticate("bearer \(secret.reveal())") == expected)
        }
    }

    @Test("The table, and the list, hold no part of a key")
    func hashed() async throws {
        let bench = try await AuthBench()
        let (key, secret) = try await bench.keys.create(tenant(), name: "CI", kind: .live)
        let text = secret.reveal()
        let rows = try await bench.database.read(as: .system) { try $0.query("SELECT * FROM api_keys") }
        #expect(rows.count == 1)
        let listed = try await bench.keys.list(tenant()).items
        #expect(listed == [key])
        let shown = "\(rows) \(listed) \(secret)"
        let random = Array(text.dropFirst("atl_live_".count))
        for start in 0...(random.count - 8) { #expect(!shown.contains(String(random[start..<(start + 8)]))) }
        let hash: [UInt8] = try #require(rows.first).get("hash")
        #expect(hash.count == 32)
        #expect(!hash.hex.contains(Array(text.utf8).prefix(16).hex))
    }

    @Test("Two keys are never alike, and each has 52 characters of chance")
    func chance() async throws {
        let bench = try await AuthBench()
        var seen: Set<String> = []
        for number in 0..<50 {
            let text = try await bench.keys.create(tenant(), name: "\(number)", kind: .test).secret.reveal()
            #expect(text.count == "atl_test_".count + 52 + 6)
            seen.insert(String(text.prefix("atl_test_".count + 20)))
        }
        #expect(seen.count == 50)
    }

    @Test("A repeat under the same suffix gives the same key a new text, and the old text is refused")
    func repeated() async throws {
        var settings = AuthSettings(jwtSecret: TokenForge.secret)
        settings.limits.keysPerTenant = 1
        let bench = try await AuthBench(settings)
        let suffix = "01h455vb4pex5vsknk084sn02q"
        let first = try await bench.keys.create(tenant(), name: "CI", kind: .live, roles: [.admin], suffix: suffix)
        #expect(first.key.id.text == "key_" + suffix)
        _ = try await bench.principal(first.secret.reveal())
        bench.clock.advance(by: .seconds(6))
        let second = try await bench.keys.create(tenant(), name: "CI", kind: .live, roles: [.admin], suffix: suffix)
        #expect(second.key == first.key && second.secret.reveal() != first.secret.reveal())
        #expect(try await bench.keys.list(tenant()).items == [first.key])
        await bench.expectInvalid(first.secret.reveal(), "isn't known")
        #expect(try await bench.principal(second.secret.reveal()).keyID == first.key.id)
        // Another tenant's suffix is its own.
        let other = try await bench.keys.create(tenant("other"), name: "CI", kind: .live, suffix: suffix)
        #expect(try await bench.principal(second.secret.reveal()).tenant == tenant())
        #expect(other.key.tenant == (try tenant("other")))
        try await bench.keys.revoke(tenant(), first.key.id)
        await #expect(throws: AuthError.alreadyRevoked) {
            try await bench.keys.create(tenant(), name: "CI", kind: .live, roles: [.admin], suffix: suffix)
        }
    }

    @Test("A slip of the pen is refused without a look into the database")
    func checksum() async throws {
        let bench = try await AuthBench()
        let text = try await bench.keys.create(tenant(), name: "CI", kind: .live).secret.reveal()
        // Without the table a look into the database is another error.
        try await bench.database.write(as: .system) { _ = try $0.execute("DROP TABLE api_keys") }
        let characters = Array(text)
        for index in "atl_live_".count..<characters.count {
            var wrong = characters
            wrong[index] = wrong[index] == "7" ? "8" : "7"
            await bench.expectInvalid(String(wrong), "slip of the pen")
        }
        for wrong in [
            "atl_live_", "atl_test_x", text + "0", String(text.dropLast()), text.uppercased().lowercased() + "é",
        ] {
            await bench.expectInvalid(wrong, "slip of the pen")
        }
        let swapped = "atl_test_" + text.dropFirst("atl_live_".count)
        await bench.expectInvalid(swapped, "slip of the pen")
        await #expect(throws: DatabaseError.self) { try await bench.principal(text) }
    }

    @Test("A well-formed key that nobody made is refused")
    func unknown() async throws {
        let bench = try await AuthBench()
        let other = try await AuthBench()
        let text = try await other.keys.create(tenant(), name: "CI", kind: .live).secret.reveal()
        await bench.expectInvalid(text, "isn't known")
    }

    @Test("A revoked key is refused at once, although it was remembered")
    func revoked() async throws {
        let bench = try await AuthBench()
        let (key, secret) = try await bench.keys.create(tenant(), name: "CI", kind: .live)
        _ = try await bench.principal(secret.reveal())
        let revoked = try await bench.keys.revoke(tenant(), key.id)
        #expect(revoked.revokedAt == bench.clock.now)
        await bench.expectInvalid(secret.reveal(), "revoked")
        bench.clock.advance(by: .seconds(60))
        #expect(try await bench.keys.revoke(tenant(), key.id) == revoked)
        #expect(try await bench.keys.list(tenant()).items == [revoked])
    }

    @Test("A key revoked by another process is refused when the memory of a few seconds is over")
    func revokedElsewhere() async throws {
        let bench = try await AuthBench()
        let (key, secret) = try await bench.keys.create(tenant(), name: "CI", kind: .live)
        _ = try await bench.principal(secret.reveal())
        let elsewhere = APIKeyStore(database: bench.database, surroundings: bench.clock.surroundings)
        try await elsewhere.revoke(tenant(), key.id)
        #expect(try await bench.principal(secret.reveal()).keyID == key.id)
        bench.clock.advance(by: AuthLimits().keyCacheTTL)
        await bench.expectInvalid(secret.reveal(), "revoked")
    }

    @Test("A key is refused from its expiry on, although it was remembered")
    func expired() async throws {
        let bench = try await AuthBench()
        let end = bench.clock.now + .seconds(3)
        let secret = try await bench.keys.create(tenant(), name: "CI", kind: .live, expiresAt: end).secret
        _ = try await bench.principal(secret.reveal())
        bench.clock.advance(by: .milliseconds(2_999))
        _ = try await bench.principal(secret.reveal())
        bench.clock.set(to: end)
        await bench.expectInvalid(secret.reveal(), "expired")
        bench.clock.advance(by: .seconds(60))
        await bench.expectInvalid(secret.reveal(), "expired")
    }

    @Test("Another tenant sees no key, and can revoke none")
    func otherTenant() async throws {
        let bench = try await AuthBench()
        let (key, secret) = try await bench.keys.create(tenant(), name: "CI", kind: .live)
        #expect(try await bench.keys.list(tenant("other")).items.isEmpty)
        await #expect(throws: AuthError.noSuchKey) { try await bench.keys.revoke(tenant("other"), key.id) }
        #expect(try await bench.principal(secret.reveal()).tenant == tenant())
    }

    @Test("The list is in the order of making, page by page")
    func pages() async throws {
        let bench = try await AuthBench()
        for number in 1...5 {
            _ = try await bench.keys.create(tenant(), name: "\(number)", kind: .live)
            bench.clock.advance(by: .milliseconds(1))
        }
        let first = try await bench.keys.list(tenant(), PageRequest(limit: 3))
        #expect(first.items.map(\.name) == ["1", "2", "3"])
        let second = try await bench.keys.list(tenant(), PageRequest(limit: 3, after: first.next))
        #expect(second.items.map(\.name) == ["4", "5"])
        #expect(second.next == nil)
    }

    @Test("A key needs a name of 1 to 100 characters, and an end that is to come")
    func unacceptable() async throws {
        let bench = try await AuthBench()
        for name in ["", String(repeating: "x", count: 101)] {
            await #expect(throws: AuthError.self) { try await bench.keys.create(tenant(), name: name, kind: .live) }
        }
        await #expect(throws: AuthError.self) {
            try await bench.keys.create(tenant(), name: "CI", kind: .live, expiresAt: bench.clock.now)
        }
        #expect(try await bench.keys.list(tenant()).items.isEmpty)
    }

    @Test("A tenant has so many keys in use and no more; revoked and expired ones don't count")
    func limit() async throws {
        var settings = AuthSettings(jwtSecret: TokenForge.secret)
        settings.limits.keysPerTenant = 2
        let bench = try await AuthBench(settings)
        let first = try await bench.keys.create(tenant(), name: "1", kind: .live).key
        let end = bench.clock.now + .seconds(1)
        _ = try await bench.keys.create(tenant(), name: "2", kind: .test, expiresAt: end)
        await #expect(throws: AuthError.tooManyKeys(limit: 2)) {
            try await bench.keys.create(tenant(), name: "3", kind: .live)
        }
        _ = try await bench.keys.create(tenant("other"), name: "1", kind: .live)
        try await bench.keys.revoke(tenant(), first.id)
        _ = try await bench.keys.create(tenant(), name: "3", kind: .live)
        bench.clock.set(to: end)
        _ = try await bench.keys.create(tenant(), name: "4", kind: .live)
        await #expect(throws: AuthError.tooManyKeys(limit: 2)) {
            try await bench.keys.create(tenant(), name: "5", kind: .live)
        }
    }

    @Test("The last use is noted, and written down later, in one go")
    func lastUse() async throws {
        let bench = try await AuthBench()
        let (key, secret) = try await bench.keys.create(tenant(), name: "CI", kind: .live)
        for _ in 0..<3 {
            bench.clock.advance(by: .seconds(1))
            _ = try await bench.principal(secret.reveal())
        }
        let last = bench.clock.now
        #expect(try await bench.keys.list(tenant()).items.first?.lastUsedAt == nil)
        bench.clock.advance(by: .seconds(30))
        try await bench.keys.flushUses()
        #expect(try await bench.keys.list(tenant()).items.first?.lastUsedAt == last)
        #expect(try await bench.keys.list(tenant()).items.first?.id == key.id)
    }

    @Test("The service writes the last use down at its interval, and ends when it is cancelled")
    func recording() async throws {
        var settings = AuthSettings(jwtSecret: TokenForge.secret)
        settings.limits.keyUseInterval = .milliseconds(20)
        let bench = try await AuthBench(settings)
        let secret = try await bench.keys.create(tenant(), name: "CI", kind: .live).secret
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bench.keys.recordUses(logger: AuthBench.silence) }
            _ = try await bench.principal(secret.reveal())
            try await eventually("the last use is written down") {
                try await bench.keys.list(tenant()).items.first?.lastUsedAt == bench.clock.now
            }
            group.cancelAll()
        }
    }
}
