import Glibc

/// What the kernel says of this process, under the names that Prometheus' own clients use. A part that can't be read is
/// left out.
struct ProcessMetrics {
    /// In bytes.
    var residentMemory: Int?
    var cpuSeconds: Double?
    /// Seconds since 1970.
    var startTime: Double?
    var openFiles: Int?
    var mostOpenFiles: Int?

    static func read() -> ProcessMetrics {
        var metrics = ProcessMetrics()
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        // The command, in parentheses, may hold spaces; the fields are counted after it, from the third on.
        if let stat = contents(of: "/proc/self/stat"), let end = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
            if fields.count > 21, ticks > 0 {
                metrics.cpuSeconds = (fields[11] + fields[12]) / ticks
                metrics.residentMemory = Int(fields[21]) * sysconf(Int32(_SC_PAGESIZE))
                metrics.startTime = bootTime().map { $0 + fields[19] / ticks }
            }
        }
        metrics.openFiles = countOpenFiles()
        let most = sysconf(Int32(_SC_OPEN_MAX))
        metrics.mostOpenFiles = most > 0 ? most : nil
        return metrics
    }

    var text: String {
        var text = ""
        func add(_ name: String, _ kind: PrometheusKind, _ help: String, _ value: Double?) {
            guard let value else { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n\(name) \(PrometheusText.number(value))\n"
        }
        add("process_cpu_seconds_total", .counter, "User and system CPU time in seconds.", cpuSeconds)
        add("process_max_fds", .gauge, "The most file descriptors that may be open.", mostOpenFiles.map(Double.init))
        add("process_open_fds", .gauge, "Open file descriptors.", openFiles.map(Double.init))
        add("process_resident_memory_bytes", .gauge, "Resident memory in bytes.", residentMemory.map(Double.init))
        add("process_start_time_seconds", .gauge, "Start of the process in seconds since 1970.", startTime)
        return text
    }

    private static func bootTime() -> Double? {
        contents(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst(6)) }
    }

    private static func countOpenFiles() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // Less the one through which they are counted.
        return count - 1
    }

    private static func contents(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
