import ObjectStorage
import Testing
import Vocabulary

@Suite("Object keys")
struct ObjectKeyTests {
    let tenant = TenantID("acme")

    /// What could climb, hide, end a text early, or name a file of the storage itself.
    static let hostileParts: [String] = {
        let seeds = [
            "", ".", "..", "...", "/", "//", "\\", "..\\", "~", "-", "_", " ", "%2e%2e", "%2f", "%00", "\u{0}", "\n",
            "\r\n", "*", "?", ":", "|", "\u{202e}", "é", "e\u{301}", "．．", "／", "𝒂",
        ]
        let framed = seeds.flatMap { seed in
            [
                seed, "a/\(seed)", "\(seed)/a", "\(seed)a\(seed)", "a\(seed)\(seed)b", "../\(seed)", "\(seed)..",
                "/\(seed)",
            ]
        }
        return Array(
            Set(
                framed + [
                    "a..b", "a/../b", "..a", "a...png", ".meta", ".a.png.meta", ".tmp", ".locks",
                    String(repeating: "a", count: 129),
                ])
        )
        .filter { !allowedAnyway.contains($0) }.sorted()
    }()

    /// Harmless combinations that the frames above also make.
    static let allowedAnyway: Set<String> = ["a--b", "a__b", "a.b", "ab", "a"]

    @Test("hostile file names are refused", arguments: hostileParts)
    func hostileFile(part: String) throws {
        let tenant = try #require(tenant)
        #expect(ObjectKey(tenant: tenant, category: .images, file: part) == nil)
        #expect(ObjectKey("tenants/acme/images/\(part)") == nil)
    }

    @Test("hostile tenants and categories are refused", arguments: hostileParts)
    func hostileFolder(part: String) {
        #expect(ObjectKey("tenants/\(part)/images/a.png") == nil)
        #expect(ObjectKey("tenants/acme/\(part)/a.png") == nil)
        #expect(ObjectKey("\(part)/acme/images/a.png") == nil)
        #expect(ObjectKey("\(part)tenants/acme/images/a.png") == nil || part.isEmpty)
    }

    @Test(
        "texts that aren't keys",
        arguments: [
            "", "tenants", "tenants/acme/images", "tenants/acme/images/", "/tenants/acme/images/a",
            "tenants/acme/images/a/",
            "tenants/acme/images/a/b", "tenants//acme/images/a", "tenants/acme/IMAGES/a", "tenants/ACME/images/a",
            "tenants/acme/other/a", "Tenants/acme/images/a",
        ])
    func notKeys(text: String) { #expect(ObjectKey(text) == nil) }

    @Test("keys and their texts", arguments: ["a", "0.png", "A-b_c.1.mp4", String(repeating: "a", count: 128)])
    func keys(file: String) throws {
        let tenant = try #require(tenant)
        let key = try #require(ObjectKey(tenant: tenant, category: .videos, file: file))
        #expect(key.text == "tenants/acme/videos/\(file)")
        #expect(ObjectKey(key.text) == key)
    }
}
