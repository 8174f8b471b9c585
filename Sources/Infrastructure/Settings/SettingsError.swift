/// All that is wrong with the settings, at once.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// One wrong value.
    package struct Fault: Sendable, Hashable {
        package var name: String
        /// What was given, masked when the setting is secret.
        package var given: String
        package var allowed: String
        package var source: String
    }

    package var faults: [Fault]
    /// A sentence about a file that can't be used; nil when the values are what is wrong.
    package private(set) var fileProblem: String?

    package init(_ faults: [Fault]) { self.faults = faults }

    init(file path: String, reason: String) {
        faults = []
        fileProblem = "The settings file \(path) can't be used: \(reason)."
    }

    /// One line per fault: the name, what was given and where, what is allowed.
    package var description: String {
        let lines = faults.map {
            "\($0.name): \"\($0.given)\" (from \($0.source)) is not allowed; allowed: \($0.allowed)"
        }
        return ((fileProblem.map { [$0] } ?? []) + lines).joined(separator: "\n")
    }
}
