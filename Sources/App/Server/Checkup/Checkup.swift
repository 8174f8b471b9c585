import Database
import DatabaseSQLite
package import Egress
import FoundationEssentials
import Glibc
package import Logging
import ObjectStorage
package import Vocabulary

/// Looks over an installation, whether its server runs or not, and changes nothing in it.
package struct Checkup: Sendable {
    /// What one look showed, in a sentence.
    package struct Finding: Sendable, Hashable {
        package var isGood: Bool
        package var sentence: String

        static func good(_ sentence: String) -> Finding { Finding(isGood: true, sentence: sentence) }
        static func bad(_ sentence: String) -> Finding { Finding(isGood: false, sentence: sentence) }
    }

    /// Below this a film or the database's log may not find room.
    static let leastFreeSpace = 512 << 20
    /// Below this a busy server runs out of connections.
    static let leastOpenFiles: UInt64 = 1_024
    /// Of each call to the outside.
    static let patience: Duration = .seconds(5)

    let settings: ServerSettings
    let egress: Egress
    let surroundings: Surroundings
    let logger: Logger

    package init(_ settings: ServerSettings, egress: Egress, surroundings: Surroundings, logger: Logger) {
        self.settings = settings
        self.egress = egress
        self.surroundings = surroundings
        self.logger = logger
    }

    /// All looks, one after another; a few seconds at most.
    package func run() async -> [Finding] {
        var findings: [Finding] = [dataFolder(), freeSpace(), secrets(), await database(), await storage()]
        findings += [clock(), openFiles()]
        if settings.isListening { findings.append(await port()) }
        return findings + (await engines())
    }

    // MARK: The machine

    func dataFolder() -> Finding {
        let path = settings.dataFolder
        guard let existing = Self.nearestExisting(path) else { return .bad("There is no folder above \(path).") }
        var isFolder = false
        guard FileManager.default.fileExists(atPath: existing, isDirectory: &isFolder), isFolder else {
            return .bad("\(existing) is a file where the data folder should be: set ATELIER_DATA_DIR to another.")
        }
        guard access(existing, W_OK | X_OK) == 0 else {
            return .bad("The folder \(existing) isn't writable: change its owner or set ATELIER_DATA_DIR to another.")
        }
        return existing == path
            ? .good("The data folder \(path) is writable.")
            : .good("The data folder \(path) isn't there yet: the first start makes it.")
    }

    func freeSpace() -> Finding {
        var info = statvfs()
        guard let existing = Self.nearestExisting(settings.dataFolder), statvfs(existing, &info) == 0 else {
            return .bad("The free space of the data folder can't be read.")
        }
        let free = Int(info.f_bavail) * Int(info.f_frsize)
        let amount = "\(free >> 20) MiB are free where the data folder is"
        return free >= Self.leastFreeSpace
            ? .good(amount + ".") : .bad(amount + ": make room, \(Self.leastFreeSpace >> 20) MiB at least.")
    }

    func secrets() -> Finding {
        let folder = "\(settings.dataFolder)/secrets"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder), !names.isEmpty else {
            return .good("There are no secrets yet: the first start makes them.")
        }
        for name in names.sorted() {
            var info = stat()
            guard stat("\(folder)/\(name)", &info) == 0, info.st_mode & 0o077 == 0 else {
                return .bad("Others than the owner may read \(folder)/\(name): run chmod 600 on it.")
            }
        }
        return .good("The \(names.count) secrets in \(folder) are readable by their owner alone.")
    }

    func clock() -> Finding {
        let now = surroundings.now()
        guard now >= Timestamp(seconds: 1_764_547_200) else {
            return .bad("The machine's clock says \(now), which is past: set it, or no token can be checked.")
        }
        var info = stat()
        if stat(settings.databasePath, &info) == 0, Int64(info.st_mtim.tv_sec) > now.seconds + 300 {
            return .bad("The database was written after \(now), the time on the machine's clock: set the clock.")
        }
        return .good("The clock says \(now).")
    }

    func openFiles() -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .bad("The limit of open files can't be read.")
        }
        return limit.rlim_max >= Self.leastOpenFiles
            ? .good("The process may open \(limit.rlim_max) files.")
            : .bad("The process may open \(limit.rlim_max) files only: raise it with ulimit -n \(Self.leastOpenFiles).")
    }

    /// The path itself, or the folder above it that exists.
    private static func nearestExisting(_ path: String) -> String? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        while !parts.isEmpty {
            let candidate = parts.joined(separator: "/")
            let name = candidate.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : candidate
            if FileManager.default.fileExists(atPath: name) { return name }
            parts.removeLast()
        }
        return path.hasPrefix("/") ? "/" : "."
    }
}
