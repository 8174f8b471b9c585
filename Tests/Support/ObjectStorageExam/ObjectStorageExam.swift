import NIOCore
package import ObjectStorage
import Vocabulary

/// What any storage must do: one case a behaviour. A case throws `ObjectStorageExamFailure` when the storage fails it.
/// Each case uses tenants of its own, so that a shared bucket can be examined too.
package struct ObjectStorageExam: Sendable {
    let storage: any ObjectStorage

    package init(_ storage: any ObjectStorage) { self.storage = storage }

    /// One behaviour.
    package struct Case: Sendable, CustomStringConvertible {
        package let description: String
        let run: @Sendable (ObjectStorageExam) async throws -> Void

        package func run(_ storage: any ObjectStorage) async throws { try await run(ObjectStorageExam(storage)) }
    }

    package static let cases: [Case] = [
        Case(description: "what is put is read back, with its type, size and hash") { try await $0.roundTrip() },
        Case(description: "an empty object") { try await $0.emptyObject() },
        Case(description: "an absent object") { try await $0.absent() },
        Case(description: "ranges") { try await $0.ranges() },
        Case(description: "replacing an object, also while it is read") { try await $0.replacing() },
        Case(description: "deleting, twice, and while it is read") { try await $0.deleting() },
        Case(description: "a stream that fails leaves the old object whole") { try await $0.failingStream() },
        Case(description: "a cancelled put leaves nothing") { try await $0.cancelledPut() },
        Case(description: "what is too large leaves nothing") { try await $0.tooLarge() },
        Case(description: "concurrent puts of one key: readers see whole objects only") {
            try await $0.concurrentPuts()
        },
        Case(description: "lists are in order, paged and cut by prefix") { try await $0.listing() },
        Case(description: "tenants see nothing of each other, even when their names begin alike") {
            try await $0.tenants()
        },
        Case(description: "32 MiB go in and out in small pieces") { try await $0.large() },
        Case(description: "the storage answers a ping") { try await $0.storage.ping() },
    ]
}

/// What a storage did wrong.
package struct ObjectStorageExamFailure: Error, CustomStringConvertible {
    package var description: String
}

extension ObjectStorageExam {
    func roundTrip() async throws {
        let tenant = try newTenant()
        for category in ObjectKey.Category.allCases {
            let key = try key(tenant, category, "a.B_c-1.png")
            let put = try await storage.put(
                key, contentType: "image/png", maximumSize: 100, body: Chunks(["he", "", "llo ", "world"]))
            try expectEqual(put.key, key, "key")
            try expectEqual(put.size, 11, "size")
            try expectEqual(put.contentType, "image/png", "content type")
            try expectEqual(
                put.sha256, "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9", "SHA-256")
            try expectEqual(try await storage.head(key), put, "head")
            let reading = try await storage.get(key, range: nil)
            try expectEqual(reading.info, put, "info of get")
            try expectEqual(reading.range, 0..<11, "range of get")
            try expectEqual(try await text(reading), "hello world", "bytes")
        }
    }

    func emptyObject() async throws {
        let key = try key(try newTenant(), .texts, "empty.txt")
        let put = try await storage.put(key, contentType: "text/plain", maximumSize: 0, body: Chunks([]))
        try expectEqual(put.size, 0, "size")
        try expectEqual(
            put.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "SHA-256")
        try expectEqual(try await text(try await storage.get(key, range: nil)), "", "bytes")
        try await expectError(.rangeNotSatisfiable(key, size: 0)) { _ = try await storage.get(key, range: 0..<1) }
    }

    func absent() async throws {
        let key = try key(try newTenant(), .texts, "absent.txt")
        try expectEqual(try await storage.head(key), nil, "head")
        try await expectError(.notFound(key)) { _ = try await storage.get(key, range: nil) }
        try await expectError(.notFound(key)) { _ = try await storage.get(key, range: 0..<1) }
        try await storage.delete(key)
    }

    func ranges() async throws {
        let key = try key(try newTenant(), .videos, "film.mp4")
        _ = try await storage.put(key, contentType: "video/mp4", maximumSize: 10, body: Chunks(["0123456789"]))
        let wanted: [(Range<Int64>, Range<Int64>, String)] = [
            (0..<1, 0..<1, "0"), (0..<10, 0..<10, "0123456789"), (3..<6, 3..<6, "345"), (9..<10, 9..<10, "9"),
            (7..<100, 7..<10, "789"), (0..<Int64.max, 0..<10, "0123456789"),
        ]
        for (range, cut, bytes) in wanted {
            let reading = try await storage.get(key, range: range)
            try expectEqual(reading.range, cut, "range \(range)")
            try expectEqual(try await text(reading), bytes, "bytes of \(range)")
            try expectEqual(reading.info.size, 10, "size of \(range)")
        }
        for range: Range<Int64> in [10..<11, 11..<20, Int64.max - 1..<Int64.max, -1..<5] {
            try await expectError(.rangeNotSatisfiable(key, size: 10)) { _ = try await storage.get(key, range: range) }
        }
    }

    func replacing() async throws {
        let key = try key(try newTenant(), .texts, "a.txt")
        let first = try await storage.put(key, contentType: "text/plain", maximumSize: 100, body: Chunks(["first"]))
        let reading = try await storage.get(key, range: nil)
        let second = try await storage.put(key, contentType: "text/html", maximumSize: 100, body: Chunks(["second!"]))
        try expect(second.modifiedAt >= first.modifiedAt, "the new object isn't older than the one it replaces")
        try expectEqual(try await storage.head(key), second, "head")
        try expectEqual(try await text(try await storage.get(key, range: nil)), "second!", "the new bytes")
        try expectEqual(try await text(reading), "first", "the bytes of a read that began before")
        // The same length again, which must not be taken for the old object.
        let third = try await storage.put(key, contentType: "text/plain", maximumSize: 100, body: Chunks(["third!!"]))
        try expectEqual(try await storage.head(key), third, "head")
        try expectEqual(try await text(try await storage.get(key, range: nil)), "third!!", "the newest bytes")
    }

    func deleting() async throws {
        let key = try key(try newTenant(), .texts, "a.txt")
        _ = try await storage.put(key, contentType: "text/plain", maximumSize: 100, body: Chunks(["bytes"]))
        let reading = try await storage.get(key, range: nil)
        for _ in 0..<2 {
            try await storage.delete(key)
            try expectEqual(try await storage.head(key), nil, "head after delete")
        }
        try expectEqual(try await text(reading), "bytes", "the bytes of a read that began before")
        try expectEqual(try await all(key.tenant), [], "the list")
        _ = try await storage.put(key, contentType: "text/plain", maximumSize: 100, body: Chunks(["again"]))
        try expectEqual(try await text(try await storage.get(key, range: nil)), "again", "the bytes put again")
    }

    func failingStream() async throws {
        struct Broken: Error, Equatable {}
        let tenant = try newTenant()
        let old = try key(tenant, .texts, "old.txt")
        let info = try await storage.put(old, contentType: "text/plain", maximumSize: 100, body: Chunks(["old"]))
        for key in [old, try key(tenant, .texts, "new.txt")] {
            let body = Chunks(["new", String(repeating: "x", count: 200_000)], failure: Broken())
            do {
                _ = try await storage.put(key, contentType: "text/html", maximumSize: 1_000_000, body: body)
                throw ObjectStorageExamFailure(description: "the put of a broken stream succeeded")
            } catch is Broken {}
        }
        try expectEqual(try await all(tenant), [info], "the list")
        try expectEqual(try await text(try await storage.get(old, range: nil)), "old", "the old bytes")
    }

    func cancelledPut() async throws {
        let key = try key(try newTenant(), .texts, "a.txt")
        let (body, source) = AsyncStream.makeStream(of: ByteBuffer.self)
        source.yield(ByteBuffer(string: "half"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [storage] in
                _ = try await storage.put(key, contentType: "text/plain", maximumSize: 100, body: body)
                throw ObjectStorageExamFailure(description: "a cancelled put succeeded")
            }
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {}
        }
        source.finish()
        try expectEqual(try await storage.head(key), nil, "head")
    }

    func tooLarge() async throws {
        let tenant = try newTenant()
        let key = try key(tenant, .texts, "a.txt")
        try await expectError(.tooLarge(key, limit: 4)) {
            _ = try await storage.put(key, contentType: "text/plain", maximumSize: 4, body: Chunks(["123", "45"]))
        }
        try expectEqual(try await all(tenant), [], "the list")
        let exact = try await storage.put(key, contentType: "text/plain", maximumSize: 5, body: Chunks(["123", "45"]))
        try expectEqual(exact.size, 5, "the size of an object as large as allowed")
        try await expectError(.tooLarge(key, limit: 4)) {
            _ = try await storage.put(key, contentType: "text/plain", maximumSize: 4, body: Chunks(["54321"]))
        }
        try expectEqual(try await text(try await storage.get(key, range: nil)), "12345", "the old bytes")
    }
}
