import Glibc

/// How many files and connections the process may have open.
enum OpenFiles {
    /// Enough for any load that one process bears.
    private static let most: rlim_t = 65_536

    /// Goes up to what the system allows: a shell's usual limit is too low for a server.
    static func raiseLimit() {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        let wanted = min(limit.rlim_max, most)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = wanted
        setrlimit(resource, &limit)
    }
}
