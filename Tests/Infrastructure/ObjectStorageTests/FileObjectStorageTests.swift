import FoundationEssentials
import Glibc
import NIOCore
import ObjectStorage
import ObjectStorageExam
import Settings
import Synchronization
import TestKit
import Testing
import Vocabulary

extension ObjectStorageExam.Case: CustomTestStringConvertible {
    public var testDescription: String { description }
}

@Suite("Objects on the filesystem")
struct FileObjectStorageTests {
    let folder: TemporaryFolder
    let clock = TestClock()
    let key: ObjectKey

    init() throws {
        folder = try TemporaryFolder()
        key = try #require(ObjectKey("tenants/acme/images/a.png"))
    }

    var file: String { folder.file("objects/tenants/acme/images/a.png") }
    var record: String { folder.file("objects/tenants/acme/images/.a.png.meta") }

    func storage(limits: ObjectStorageLimits = .init()) throws -> FileObjectStorage {
        try FileObjectStorage(
            root: folder.file("objects"), linkSigner: ObjectLinkSigner(secret: [1], publicURL: "http://127.0.0.1:3000"),
            limits: limits, surroundings: clock.surroundings)
    }

    func put(_ text: String, type: String = "image/png", in storage: FileObjectStorage) async throws -> ObjectInfo {
        try await storage.put(key, contentType: type, maximumSize: 1 << 20, body: body(text))
    }

    func body(_ text: String) -> AsyncStream<ByteBuffer> {
        let (stream, source) = AsyncStream.makeStream(of: ByteBuffer.self)
        source.yield(ByteBuffer(string: text))
        source.finish()
        return stream
    }

    func read(_ storage: FileObjectStorage) async throws -> String {
        var buffer = ByteBuffer()
        for try await chunk in try await storage.get(key, range: nil).body { buffer.writeImmutableBuffer(chunk) }
        return String(buffer: buffer)
    }

    @Test("passes the exam", arguments: ObjectStorageExam.cases)
    func exam(examined: ObjectStorageExam.Case) async throws {
        try await examined.run(try storage())
    }

    @Test("the bytes lie under their key as they are, nothing temporary stays")
    func layout() async throws {
        let storage = try storage()
        _ = try await put("bytes", in: storage)
        #expect(try Data(contentsOf: URL(filePath: file)) == Data("bytes".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("objects/.tmp")) == [])
    }

    @Test("objects are there after a restart, leftovers are not")
    func restart() async throws {
        let info = try await put("bytes", in: try storage())
        let leftover = folder.file("objects/.tmp/leftover")
        try Data("half".utf8).write(to: URL(filePath: leftover))
        let again = try storage()
        #expect(try await again.head(key) == info)
        #expect(!FileManager.default.fileExists(atPath: leftover))
    }

    @Test("a second process that starts leaves the first one's half-written files alone")
    func secondProcess() async throws {
        let first = try storage()
        let (stream, source) = AsyncStream.makeStream(of: ByteBuffer.self)
        async let info = first.put(key, contentType: "x/y", maximumSize: 100, body: stream)
        source.yield(ByteBuffer(string: "first "))
        let temporary = folder.file("objects/.tmp")
        try await eventually("a temporary file") {
            try FileManager.default.contentsOfDirectory(atPath: temporary).count == 1
        }
        let second = try storage()
        source.yield(ByteBuffer(string: "half"))
        source.finish()
        #expect(try await info.size == 10)
        #expect(try await read(second) == "first half")
    }

    @Test("a crash between the record and the file leaves the old object whole")
    func crashWhileReplacing() async throws {
        let storage = try storage()
        let old = try await put("old", in: storage)
        clock.advance(by: .seconds(1))
        // What the crash leaves: the new record with the old file.
        let manager = FileManager.default
        let kept = folder.file("kept")
        try manager.linkItem(atPath: file, toPath: kept)
        let new = try await put("newer", type: "image/webp", in: storage)
        #expect(try await storage.head(key) == new)
        try manager.removeItem(atPath: file)
        try manager.moveItem(atPath: kept, toPath: file)
        #expect(try await storage.head(key) == old)
        #expect(try await read(storage) == "old")
        #expect(try await storage.list(key.tenant, prefix: "", page: PageRequest()).items == [old])
        let newest = try await put("newest", in: storage)
        #expect(try await storage.head(key) == newest)
    }

    @Test("a record without a file, and a file without a record, are no objects")
    func halfStates() async throws {
        let storage = try storage()
        _ = try await put("bytes", in: storage)
        let manager = FileManager.default
        try manager.moveItem(atPath: file, toPath: folder.file("away"))
        #expect(try await storage.head(key) == nil)
        try manager.moveItem(atPath: folder.file("away"), toPath: file)
        #expect(try await storage.head(key) != nil)
        try manager.removeItem(atPath: record)
        #expect(try await storage.head(key) == nil)
        #expect(try await storage.list(key.tenant, prefix: "", page: PageRequest()).items.isEmpty)
        await #expect(throws: ObjectStorageError.notFound(key)) { try await storage.get(key, range: nil) }
        try Data("not JSON".utf8).write(to: URL(filePath: record))
        #expect(try await storage.head(key) == nil)
        let info = try await put("again", in: storage)
        #expect(try await storage.head(key) == info)
    }

    @Test("pages are full although half states lie between")
    func listSkipsHalfStates() async throws {
        let storage = try storage()
        for number in 10..<30 {
            let key = try #require(ObjectKey("tenants/acme/images/\(number).png"))
            _ = try await storage.put(key, contentType: "x/y", maximumSize: 10, body: body("x"))
            if number < 28 {
                try FileManager.default.removeItem(
                    atPath: folder.file("objects/tenants/acme/images/.\(number).png.meta"))
            }
        }
        let page = try await storage.list(
            try #require(TenantID("acme")), prefix: "images/", page: PageRequest(limit: 2))
        #expect(page.items.map(\.key.file) == ["28.png", "29.png"] && page.next == nil)
    }

    @Test("symbolic links are not followed out of the root")
    func symbolicLinks() async throws {
        let storage = try storage()
        let manager = FileManager.default
        let outside = folder.file("outside")
        try manager.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try Data("secret".utf8).write(to: URL(filePath: "\(outside)/a.png"))
        _ = try await put("bytes", in: storage)
        try manager.removeItem(atPath: file)
        try manager.createSymbolicLink(atPath: file, withDestinationPath: "\(outside)/a.png")
        await #expect(throws: ObjectStorageError.self) { try await storage.get(key, range: nil) }
        try manager.removeItem(atPath: folder.file("objects/tenants/acme"))
        try manager.createSymbolicLink(atPath: folder.file("objects/tenants/acme"), withDestinationPath: outside)
        await #expect(throws: ObjectStorageError.self) { try await put("bytes", in: storage) }
        #expect(try manager.contentsOfDirectory(atPath: outside) == ["a.png"])
    }

    @Test("a root that can't be made is an error that names it and the reason")
    func unusableRoot() throws {
        let path = folder.file("file")
        try Data().write(to: URL(filePath: path))
        let signer = ObjectLinkSigner(secret: [1], publicURL: "")
        let error = #expect(throws: ObjectStorageError.self) {
            try FileObjectStorage(root: "\(path)/objects", linkSigner: signer)
        }
        #expect(error == .unavailable("Can't make the folder \(path)/objects: Not a directory."))
        // Nobody can make files here, not even the superuser.
        let other = #expect(throws: ObjectStorageError.self) {
            try FileObjectStorage(root: "/proc/atelier", linkSigner: signer)
        }
        #expect("\(other.map { "\($0)" } ?? "")".contains("/proc/atelier"))
    }

    @Test("a storage whose folder has gone says so")
    func goneRoot() async throws {
        let storage = try storage()
        try await storage.ping()
        try FileManager.default.removeItem(atPath: folder.file("objects"))
        await #expect(throws: ObjectStorageError.self) { try await storage.ping() }
        await #expect(throws: ObjectStorageError.self) { try await put("bytes", in: storage) }
    }

    @Test("a put replaced within the same microsecond is still told apart")
    func standingClock() async throws {
        let storage = try storage()
        let first = try await put("one", in: storage)
        let second = try await put("two", in: storage)
        #expect(second.modifiedAt > first.modifiedAt)
        #expect(try await storage.head(key) == second)
        #expect(try await read(storage) == "two")
    }

    @Test("links are signed for the key until the moment")
    func link() async throws {
        let link = try await storage().link(to: key, expiresIn: .seconds(60))
        let prefix =
            "http://127.0.0.1:3000/v1/files/tenants/acme/images/a.png?expires=\(clock.now.seconds + 60)&signature="
        #expect(link.hasPrefix(prefix))
    }

    @Test("the limit of the room holds whatever the caller allows")
    func roomLimit() async throws {
        var limits = ObjectStorageLimits()
        limits.maximumObjectSize = 4
        let storage = try storage(limits: limits)
        await #expect(throws: ObjectStorageError.tooLarge(key, limit: 4)) { try await put("12345", in: storage) }
        #expect(try await put("1234", in: storage).size == 4)
    }

    @Test("chunks are no larger than the limit")
    func chunkSize() async throws {
        var limits = ObjectStorageLimits()
        limits.chunkSize = 10
        let storage = try storage(limits: limits)
        _ = try await put(String(repeating: "x", count: 25), in: storage)
        var sizes: [Int] = []
        for try await chunk in try await storage.get(key, range: nil).body { sizes.append(chunk.readableBytes) }
        #expect(sizes == [10, 10, 5])
    }

    @Test("a put asks for the next piece only when the last one is in the file")
    func writesAtTheSourcesPace() async throws {
        let storage = try storage()
        let piece = ByteBuffer(repeating: 7, count: 1 << 20)
        let temporary = folder.file("objects/.tmp")
        let given = Mutex(0)
        let late = Mutex(0)
        let body = AsyncStream<ByteBuffer> {
            let count = given.withLock { $0 }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? []
            let attributes = names.first.flatMap {
                try? FileManager.default.attributesOfItem(atPath: "\(temporary)/\($0)")
            }
            if attributes?[.size] as? Int != count << 20 { late.withLock { $0 += 1 } }
            guard count < 16 else { return nil }
            given.withLock { $0 += 1 }
            return piece
        }
        let info = try await storage.put(key, contentType: "x/y", maximumSize: 1 << 30, body: body)
        #expect(info.size == 16 << 20 && late.withLock { $0 } == 0)
    }

    @Test("a get reads a chunk only when it is asked for")
    func readsAtTheReadersPace() async throws {
        let storage = try storage()
        _ = try await put(String(repeating: "a", count: 256 << 10), in: storage)
        var body = try await storage.get(key, range: nil).body.makeAsyncIterator()
        #expect(try await body.next() == ByteBuffer(repeating: UInt8(ascii: "a"), count: 64 << 10))
        // In place, so that it is the open file that changes.
        let handle = open(file, O_WRONLY)
        defer { close(handle) }
        let other = [UInt8](repeating: UInt8(ascii: "b"), count: 64 << 10)
        #expect(pwrite(handle, other, other.count, 64 << 10) == other.count)
        #expect(try await body.next() == ByteBuffer(bytes: other))
        #expect(ftruncate(handle, 130 << 10) == 0)
        await #expect(throws: ObjectStorageError.self) { try await body.next() }
    }

    @Test("settings")
    func settings() throws {
        let reader = SettingsReader(
            .values(["ATELIER_MAX_OBJECT_SIZE": "5MiB", "ATELIER_STORAGE_CHUNK_SIZE": "8KiB"])
        )
        let limits = ObjectStorageLimits(reading: reader)
        try reader.finish()
        #expect(limits.maximumObjectSize == 5 << 20 && limits.chunkSize == 8_192)
        #expect(ObjectStorageLimits(reading: SettingsReader(.empty)) == ObjectStorageLimits())
        #expect(ObjectStorageLimits().maximumObjectSize == 2 << 30)
    }
}
