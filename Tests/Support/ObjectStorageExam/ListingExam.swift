import ObjectStorage
import Vocabulary

extension ObjectStorageExam {
    func listing() async throws {
        let tenant = try newTenant()
        let names = ["B.png", "a.png", "a1.png", "a10.png", "a2.png", "aa-1.png", "z_z.png", "Z.meta", "0"]
        var texts: [String] = []
        for category in [ObjectKey.Category.videos, .images, .texts] {
            for name in names {
                let key = try key(tenant, category, name)
                _ = try await storage.put(key, contentType: "x/y", maximumSize: 100, body: Chunks([name]))
                texts.append(key.text)
            }
        }
        texts.sort()
        for limit in [1, 4, 26, 27, 28, 200] {
            try expectEqual(try await all(tenant, limit: limit).map(\.key.text), texts, "the list by pages of \(limit)")
        }
        for prefix in [
            "images/", "images/a", "images/a1", "im", "videos/zz", "images/a1.png", "images", "/", "../", "x",
        ] {
            let wanted = texts.filter { $0.hasPrefix("tenants/\(tenant)/\(prefix)") }
            try expectEqual(
                try await all(tenant, prefix: prefix, limit: 2).map(\.key.text), wanted, "the list of \(prefix)")
        }
        let page = try await storage.list(tenant, prefix: "", page: PageRequest(limit: 27))
        try expectEqual(page.next, nil, "the cursor of the last page")
        for info in page.items { try expectEqual(try await storage.head(info.key), info, "an item of the list") }
        let beyond = try await storage.list(
            tenant, prefix: "", page: PageRequest(limit: 5, after: "tenants/\(tenant)/z"))
        try expect(beyond.items.isEmpty && beyond.next == nil, "there is nothing after the last key")
    }

    func tenants() async throws {
        let one = try newTenant()
        guard let other = TenantID("\(one)-b") else { throw ObjectStorageExamFailure(description: "no tenant") }
        let key = try key(one, .images, "a.png")
        let otherKey = try self.key(other, .images, "a.png")
        _ = try await storage.put(key, contentType: "x/y", maximumSize: 100, body: Chunks(["one"]))
        try expectEqual(try await storage.head(otherKey), nil, "the other tenant's object of that name")
        try expectEqual(try await all(other), [], "the other tenant's list")
        _ = try await storage.put(otherKey, contentType: "x/y", maximumSize: 100, body: Chunks(["other"]))
        for prefix in ["", "-b", "-b/", "../\(other)/"] {
            let found = try await all(one, prefix: prefix)
            try expect(found.allSatisfy { $0.key.tenant == one }, "the list of \(prefix) is the tenant's own")
        }
        try expectEqual(try await all(other).map(\.key), [otherKey], "the other tenant's list")
        // A cursor of one tenant says nothing in another's list.
        let page = try await storage.list(one, prefix: "", page: PageRequest(limit: 5, after: "tenants/"))
        try expectEqual(page.items.map(\.key), [key], "the list after a foreign cursor")
        try await storage.delete(otherKey)
        try expectEqual(try await text(try await storage.get(key, range: nil)), "one", "the bytes")
    }
}
