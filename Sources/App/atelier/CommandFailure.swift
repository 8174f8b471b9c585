import Auth
import Database
import Egress
import Server
import Settings
import Tenants

/// Why a command ends without success: a line that says what to do.
struct CommandFailure: Error {
    /// As in `sysexits.h`: the server can't be reached.
    static let unavailable: Int32 = 69
    /// As in `sysexits.h`: the settings are wrong.
    static let badSettings: Int32 = 78

    var message: String
    var code: Int32

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }

    static func exitCode(of error: any Error) -> Int32 {
        if error is SettingsError { return badSettings }
        return (error as? CommandFailure)?.code ?? 1
    }

    /// One line; one for each fault of the settings.
    static func text(of error: any Error) -> String {
        if let error = error as? SettingsError { return error.description }
        let text =
            switch error {
            case let error as CommandFailure: error.message
            case let error as ServerError: error.description
            case let error as DatabaseError: "The database can't be used: \(error.detail)."
            case let error as AuthError: sentence(error.description)
            case let error as TenantsError: sentence(error.description)
            case let error as EgressError: "The call failed: \(cause(error))."
            default: "\(error)"
            }
        return text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Why a call failed, without the system's own wording where plain words are known.
    static func cause(_ error: EgressError) -> String {
        error.detail.contains("Connection refused") ? "connection refused" : error.detail
    }

    private static func sentence(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst() + "."
    }
}
