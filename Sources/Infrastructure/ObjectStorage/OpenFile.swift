import Glibc

/// An open file or folder, closed with the last reference. What lies in a folder is opened relative to it and never
/// through a symbolic link, so that no name leads out of the root.
final class OpenFile: Sendable {
    let descriptor: Int32
    /// For messages.
    let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    static func folder(_ path: String) throws -> OpenFile {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// - Returns: nil when there is no such folder and it isn't to be made.
    func folder(_ name: String, create: Bool) throws -> OpenFile? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = openat(self.descriptor, name, flags)
        if descriptor < 0, errno == ENOENT {
            guard create else { return nil }
            if mkdirat(self.descriptor, name, 0o750) == 0 {
                try sync()
            } else if errno != EEXIST {
                throw failure("make", name)
            }
            descriptor = openat(self.descriptor, name, flags)
        }
        guard descriptor >= 0 else { throw failure("open", name) }
        return OpenFile(descriptor: descriptor, path: "\(path)/\(name)")
    }

    /// Opens a file for reading.
    /// - Returns: nil when there is none.
    func file(_ name: String) throws -> OpenFile? {
        let descriptor = openat(self.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure("open", name) }
        return OpenFile(descriptor: descriptor, path: "\(path)/\(name)")
    }

    /// Opens a file for writing.
    /// - Parameter exclusive: it must not exist yet.
    func writableFile(_ name: String, exclusive: Bool) throws -> OpenFile {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (exclusive ? O_EXCL : 0)
        let descriptor = openat(self.descriptor, name, flags, 0o640)
        guard descriptor >= 0 else { throw failure("make", name) }
        return OpenFile(descriptor: descriptor, path: "\(path)/\(name)")
    }

    /// Deleting what isn't there succeeds.
    func delete(_ name: String) throws {
        guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else { throw failure("delete", name) }
    }

    /// Moves a file of this folder to another of the same filesystem, in the place of what is there.
    func move(_ name: String, to folder: OpenFile, as newName: String) throws {
        guard renameat(descriptor, name, folder.descriptor, newName) == 0 else { throw failure("rename", name) }
    }

    /// Makes the file's bytes, or the folder's entries, durable.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw failure("sync", nil) }
    }

    /// Waits for the lock on this file; it is given up when the file is closed or the process dies.
    func lock() throws {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("lock", nil) }
        }
    }

    /// - Returns: whether the lock was free.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, start, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("write", nil) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Reads at a place, as much as there is.
    /// - Returns: how many bytes were read: fewer than asked only at the file's end.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var filled = 0
        while filled < bytes.count, let start = bytes.baseAddress {
            let count = pread(descriptor, start + filled, bytes.count - filled, off_t(offset) + off_t(filled))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read", nil) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// The names in this folder, one after another, in no order.
    func forEachName(_ body: (String) throws -> Void) throws {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw failure("list", nil) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw failure("list", nil)
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { try body(name) }
        }
    }

    /// Size in bytes and time of change in nanoseconds; nil for what isn't a plain file.
    func status() throws -> (size: Int64, modified: Int64)? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", nil) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Int64(status.st_size), Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
    }

    func setModified(nanoseconds: Int64) throws {
        let time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        guard futimens(descriptor, [time, time]) == 0 else { throw failure("set the time of", nil) }
    }

    private func failure(_ action: String, _ name: String?) -> ObjectStorageError {
        Self.failure(action, name.map { "\(path)/\($0)" } ?? path)
    }

    static func failure(_ action: String, _ path: String) -> ObjectStorageError {
        let reason = String(cString: strerror(errno))
        return .unavailable("Can't \(action) \(path): \(reason).")
    }
}
