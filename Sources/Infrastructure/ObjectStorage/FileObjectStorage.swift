package import NIOCore
package import Vocabulary

/// Objects as files of a folder: `{root}/tenants/{tenant}/{category}/{file}`, the bytes as they are, with a record
/// beside each (see `ObjectRecord`). Several processes may share the folder.
///
/// Temporary files lie in `{root}/.tmp`; what a dead process left there is deleted at start. Locks lie in
/// `{root}/.locks`.
package struct FileObjectStorage: ObjectStorage {
    private let root: OpenFile
    private let temporary: OpenFile
    private let locks: OpenFile
    private let linkSigner: ObjectLinkSigner
    private let limits: ObjectStorageLimits
    private let surroundings: Surroundings

    /// How many locks the keys share.
    private static let lockCount: UInt32 = 64
    /// How often a read starts again because the object was replaced under it.
    private static let readAttempts = 16

    /// Makes the folder when it isn't there and tidies it up. Blocks; for the start of the process.
    /// - Throws: `ObjectStorageError.unavailable` with the path and the reason.
    package init(
        root path: String, linkSigner: ObjectLinkSigner, limits: ObjectStorageLimits = .init(),
        surroundings: Surroundings = .system
    ) throws {
        root = try FolderMaker.open(path)
        guard let temporary = try root.folder(".tmp", create: true), let locks = try root.folder(".locks", create: true)
        else { throw ObjectStorageError.unavailable("Can't make folders in \(path).") }
        self.temporary = temporary
        self.locks = locks
        self.linkSigner = linkSigner
        self.limits = limits
        self.surroundings = surroundings
        try deleteLeftovers()
        try probe()
    }

    package func put<Body: AsyncSequence & Sendable>(
        _ key: ObjectKey, contentType: String, maximumSize: Int64, body: Body
    ) async throws -> ObjectInfo where Body.Element == ByteBuffer {
        let limit = min(maximumSize, limits.maximumObjectSize)
        let name = temporaryName()
        let incoming = try await offPool { [temporary] in try IncomingObject(name: name, in: temporary) }
        do {
            try await write(body, to: incoming, key: key, limit: limit)
            // A stream ends early without an error when its reader is cancelled.
            try Task.checkCancellation()
            return try await offPool { try commit(incoming, as: key, contentType: contentType) }
        } catch {
            try await offPool { incoming.discard() }
            throw error
        }
    }

    package func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> ObjectReading {
        guard let (file, info) = try await offPool({ try open(key) }) else { throw ObjectStorageError.notFound(key) }
        var wanted = 0..<info.size
        if let range {
            guard range.lowerBound >= 0, range.lowerBound < info.size else {
                throw ObjectStorageError.rangeNotSatisfiable(key, size: info.size)
            }
            wanted = range.clamped(to: wanted)
        }
        return ObjectReading(info: info, range: wanted, body: stream(file, wanted))
    }

    package func head(_ key: ObjectKey) async throws -> ObjectInfo? {
        try await offPool { try open(key)?.info }
    }

    package func delete(_ key: ObjectKey) async throws {
        try await offPool {
            guard let folder = try folder(of: key, create: false) else { return }
            try locked(key) {
                try folder.delete(key.file)
                try folder.delete(ObjectRecord.name(for: key))
                try folder.sync()
            }
        }
    }

    package func list(_ tenant: TenantID, prefix: String, page: PageRequest) async throws -> Page<ObjectInfo> {
        try await offPool {
            var items: [ObjectInfo] = []
            for category in ObjectKey.Category.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
                let wanted = page.limit + 1 - items.count
                guard wanted > 0 else { break }
                items += try list(
                    tenant, category, prefix: "tenants/\(tenant)/\(prefix)", after: page.after, limit: wanted)
            }
            return Page(reading: items, limit: page.limit) { $0.key.text }
        }
    }

    package func link(to key: ObjectKey, expiresIn: Duration) async throws -> String {
        linkSigner.sign(key, expiresAt: surroundings.now() + expiresIn)
    }

    package func ping() async throws {
        try await offPool { try probe() }
    }
}

extension FileObjectStorage {
    private func temporaryName() -> String { surroundings.randomBytes(16).hex }

    private func write<Body: AsyncSequence & Sendable>(
        _ body: Body, to incoming: IncomingObject, key: ObjectKey, limit: Int64
    ) async throws where Body.Element == ByteBuffer {
        var pending = ByteBuffer()
        var size: Int64 = 0
        for try await chunk in body {
            size += Int64(chunk.readableBytes)
            guard size <= limit else { throw ObjectStorageError.tooLarge(key, limit: limit) }
            pending.writeImmutableBuffer(chunk)
            // Small chunks are gathered, so that a hop to the pool is worth it.
            guard pending.readableBytes >= limits.chunkSize else { continue }
            let full = pending
            pending = ByteBuffer()
            try await offPool { try incoming.append(full) }
        }
        let rest = pending
        if rest.readableBytes > 0 { try await offPool { try incoming.append(rest) } }
    }

    /// Puts the finished file in its place; see `ObjectRecord` for the order.
    private func commit(_ incoming: IncomingObject, as key: ObjectKey, contentType: String) throws -> ObjectInfo {
        var moment = surroundings.now()
        let (size, sha256) = try incoming.finish(at: moment)
        guard let folder = try folder(of: key, create: true) else {
            throw ObjectStorageError.unavailable("The folder of \(key) is gone.")
        }
        return try locked(key) {
            let old = try current(key, in: folder)
            if let old, moment.microseconds <= old.modifiedAt {
                moment = Timestamp(microseconds: old.modifiedAt + 1)
                _ = try incoming.finish(at: moment)
            }
            guard let status = try incoming.file.status() else {
                throw ObjectStorageError.unavailable("The temporary file of \(key) is gone.")
            }
            let new = ObjectRecord.Version(
                size: size, sha256: sha256, contentType: contentType, modifiedAt: moment.microseconds,
                fileTime: status.modified)
            let recordName = incoming.name + ".meta"
            let record = ObjectRecord(versions: [new] + (old.map { [$0] } ?? []))
            do {
                let file = try record.write(recordName, in: temporary)
                try withExtendedLifetime(file) {
                    try temporary.move(recordName, to: folder, as: ObjectRecord.name(for: key))
                }
            } catch {
                try? temporary.delete(recordName)
                throw error
            }
            // When an object is replaced, its record must be durable before its file is.
            if old != nil { try folder.sync() }
            try temporary.move(incoming.name, to: folder, as: key.file)
            try folder.sync()
            return ObjectInfo(key: key, version: new)
        }
    }

    private func current(_ key: ObjectKey, in folder: OpenFile) throws -> ObjectRecord.Version? {
        guard let file = try folder.file(key.file) else { return nil }
        return try ObjectRecord.read(key, in: folder)?.version(of: file)
    }

    /// The file and the version that it holds. When they don't fit, the object was replaced between the two looks.
    private func open(_ key: ObjectKey) throws -> (file: OpenFile, info: ObjectInfo)? {
        guard let folder = try folder(of: key, create: false) else { return nil }
        for _ in 0..<Self.readAttempts {
            guard let file = try folder.file(key.file), let record = try ObjectRecord.read(key, in: folder) else {
                return nil
            }
            if let version = try record.version(of: file) { return (file, ObjectInfo(key: key, version: version)) }
        }
        return try locked(key) {
            guard let file = try folder.file(key.file),
                let version = try ObjectRecord.read(key, in: folder)?.version(of: file)
            else { return nil }
            return (file, ObjectInfo(key: key, version: version))
        }
    }

    /// The reader sets the pace: a chunk is read when it asks for one.
    private func stream(_ file: OpenFile, _ range: Range<Int64>) -> AsyncThrowingStream<ByteBuffer, any Error> {
        let reader = OutgoingObject(file: file, range: range, chunkSize: limits.chunkSize)
        return AsyncThrowingStream { try await offPool { try reader.next() } }
    }

    /// Those of one category, in order. Holds no more names than a few pages of them, however many files there are.
    private func list(
        _ tenant: TenantID, _ category: ObjectKey.Category, prefix: String, after: String?, limit: Int
    ) throws -> [ObjectInfo] {
        let start = "tenants/\(tenant)/\(category.rawValue)/"
        guard start.hasPrefix(prefix) || prefix.hasPrefix(start) else { return [] }
        guard let folder = try folder(tenant, category, create: false) else { return [] }
        var items: [ObjectInfo] = []
        var after = after ?? ""
        while items.count < limit {
            var keys: [ObjectKey] = []
            try folder.forEachName { name in
                guard let key = ObjectKey(tenant: tenant, category: category, file: name) else { return }
                guard key.text > after, key.text.hasPrefix(prefix) else { return }
                keys.append(key)
                if keys.count >= limit * 4 { keys = Array(keys.sorted { $0.text < $1.text }.prefix(limit)) }
            }
            keys = Array(keys.sorted { $0.text < $1.text }.prefix(limit))
            guard let last = keys.last else { break }
            after = last.text
            for key in keys where items.count < limit {
                if let info = try open(key)?.info { items.append(info) }
            }
        }
        return items
    }

    private func folder(of key: ObjectKey, create: Bool) throws -> OpenFile? {
        try folder(key.tenant, key.category, create: create)
    }

    private func folder(_ tenant: TenantID, _ category: ObjectKey.Category, create: Bool) throws -> OpenFile? {
        try root.folder("tenants", create: create)?.folder(tenant.name, create: create)?
            .folder(category.rawValue, create: create)
    }

    /// One writer of a key at a time, among all processes.
    private func locked<Value>(_ key: ObjectKey, _ body: () throws -> Value) throws -> Value {
        let hash = key.text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let lock = try locks.writableFile("\(hash % Self.lockCount)", exclusive: false)
        try lock.lock()
        return try withExtendedLifetime(lock, body)
    }

    private func deleteLeftovers() throws {
        var names: [String] = []
        try temporary.forEachName { names.append($0) }
        for name in names {
            guard let file = try? temporary.file(name) else { continue }
            if file.tryLock() { try temporary.delete(name) }
        }
    }

    /// Shows that files can be made.
    private func probe() throws {
        let name = temporaryName()
        let file = try temporary.writableFile(name, exclusive: true)
        defer { try? temporary.delete(name) }
        try Array("atelier".utf8).withUnsafeBytes { try file.write($0) }
    }
}
