import FoundationEssentials
import Glibc
import Synchronization

/// The program itself, as a process in a folder of its own. It is killed when the last reference to this goes.
package final class AtelierProcess: Sendable {
    package struct Ended: Sendable {
        /// The exit status; 128 and the signal's number when a signal ended it.
        package var status: Int32
        package var output: String
        package var errors: String
    }

    package struct NotStarted: Error, CustomStringConvertible {
        package var description: String
    }

    /// The path of the binary: `ATELIER_BINARY`, or beside the test bundle.
    package static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["ATELIER_BINARY"] { return path }
        var buffer = [CChar](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let bundle = String(decoding: buffer.prefix(max(length, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return bundle.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/atelier"
    }()

    /// Where it runs; its data goes to `data` in it.
    package let folder: TemporaryFolder
    package let pid: Int32
    private let outputPath: String
    private let errorsPath: String
    private let status = Mutex<Int32?>(nil)

    /// Starts `executable`, the program unless said otherwise. Of this process's environment it gets `PATH` alone.
    package init(
        _ arguments: [String], environment: [String: String] = [:], in folder: TemporaryFolder,
        executable: String = AtelierProcess.binary
    ) throws {
        self.folder = folder
        let name = "process-\(UInt64.random(in: .min ... .max))"
        outputPath = folder.file("\(name).out")
        errorsPath = folder.file("\(name).err")
        var all = ["HOME": folder.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
        all.merge(environment) { _, own in own }
        pid = try Self.spawn(
            executable, arguments, all.map { "\($0.key)=\($0.value)" }, in: folder.path, output: outputPath,
            errors: errorsPath)
    }

    deinit {
        if status.withLock({ $0 }) == nil {
            Glibc.kill(pid, SIGKILL)
            var ignored: Int32 = 0
            waitpid(pid, &ignored, 0)
        }
    }

    /// What it has written so far.
    package var output: String { Self.contents(outputPath) }
    package var errors: String { Self.contents(errorsPath) }

    /// Starts the server on a free port, and returns when it takes requests.
    /// - Returns: the process and its address.
    package static func serve(
        _ arguments: [String] = [], environment: [String: String] = [:], in folder: TemporaryFolder
    ) async throws -> (process: AtelierProcess, base: String) {
        let process = try AtelierProcess(["serve", "--port", "0"] + arguments, environment: environment, in: folder)
        return (process, try await process.address())
    }

    /// The address that the server prints once it takes requests.
    package func address(within limit: Duration = .seconds(60)) async throws -> String {
        var found: String?
        try await eventually(within: limit, "the server says where it listens") {
            let mark = "listens on "
            if let line = self.output.split(separator: "\n").first(where: { $0.contains(mark) }) {
                found = line.firstRange(of: mark).map { String(line[$0.upperBound...]) }
                return true
            }
            if let status = self.exitStatus() { throw NotStarted(description: "exit \(status): \(self.errors)") }
            return false
        }
        return found ?? ""
    }

    /// Runs the program to its end.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], in folder: TemporaryFolder,
        within limit: Duration = .seconds(60), executable: String = AtelierProcess.binary
    ) async throws -> Ended {
        let process = try AtelierProcess(arguments, environment: environment, in: folder, executable: executable)
        return try await process.wait(within: limit)
    }

    /// Waits for its end.
    package func wait(within limit: Duration = .seconds(60)) async throws -> Ended {
        try await eventually(within: limit, "the process ends") { self.exitStatus() != nil }
        return Ended(status: exitStatus() ?? -1, output: output, errors: errors)
    }

    /// Asks it to stop: SIGTERM.
    package func terminate() { send(SIGTERM) }

    /// Ends it at once: SIGKILL.
    package func kill() { send(SIGKILL) }

    private func send(_ signal: Int32) {
        if exitStatus() == nil { Glibc.kill(pid, signal) }
    }

    /// Nil while it runs.
    package func exitStatus() -> Int32? {
        status.withLock { status in
            if status == nil {
                var word: Int32 = 0
                if waitpid(pid, &word, WNOHANG) == pid {
                    status = word & 0x7f == 0 ? (word >> 8) & 0xff : 128 + (word & 0x7f)
                }
            }
            return status
        }
    }

    private static func contents(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String], in folder: String, output: String,
        errors: String
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        // The thread that spawns may block or ignore signals; the program shall not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGTERM, SIGINT, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        // Becomes the executable, in the folder.
        let starter = "/usr/bin/env"
        var argumentList = ([starter, "-C", folder, executable] + arguments).map { strdup($0) } + [nil]
        var environmentList = environment.map { strdup($0) } + [nil]
        defer { for text in argumentList + environmentList { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, starter, &actions, &attributes, &argumentList, &environmentList)
        guard code == 0 else {
            throw NotStarted(description: "\(starter): \(String(cString: strerror(code)))")
        }
        return pid
    }
}
