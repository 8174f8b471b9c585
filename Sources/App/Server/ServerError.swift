/// Why the program doesn't start: one line that says what to do.
package enum ServerError: Error, Sendable, CustomStringConvertible {
    case portBusy(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)
    case folderNotWritable(String, reason: String)

    package var description: String {
        switch self {
        case .portBusy(let host, let port):
            "Port \(port) on \(host) is in use: stop what listens there, or set ATELIER_PORT to another (0 for any)."
        case .cannotListen(let host, let port, let reason):
            "Can't listen on \(host):\(port): \(reason). Set ATELIER_HOST to an address of this machine."
        case .folderNotWritable(let path, let reason):
            "Can't write to the folder \(path): \(reason). Set ATELIER_DATA_DIR to a folder of yours."
        }
    }
}
