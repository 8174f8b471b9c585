import Configuration

/// Where settings come from, strongest first: flags, the process environment, the `.env` file, the configuration
/// file. What none of them gives takes its default.
///
/// Every source names settings as the environment does: `ATELIER_QUEUE_WORKERS`, `OPENAI_API_KEY`. The configuration
/// file may also nest them in lower case without the prefix: `queue: {workers: 64}`. An empty value counts as none
/// given.
package struct SettingsSources: Sendable {
    /// A value as it was found.
    package struct Found: Sendable, Hashable {
        package var value: String
        /// `flag`, `environment`, `.env`, or the name of the configuration file.
        package var source: String
    }

    /// A name that is present, and where.
    package struct Mention: Sendable, Hashable, CustomStringConvertible {
        package var name: String
        package var source: String

        package var description: String { "\(name) (from \(source))" }
    }

    /// One source: names as in the environment.
    private struct Layer: Sendable {
        var source: String
        var names: [String]
        var provider: EnvironmentVariablesProvider

        init(_ source: String, _ values: [String: String]) {
            self.source = source
            let given = values.filter { !$0.value.isEmpty }
            names = given.keys.sorted()
            provider = EnvironmentVariablesProvider(environmentVariables: given)
        }
    }

    private var layers: [Layer]

    /// No source at all: every setting has its default.
    package static let empty = SettingsSources(layers: [])

    /// An environment of these values alone, for tests.
    package static func values(_ values: [String: String]) -> SettingsSources {
        SettingsSources(layers: [Layer("environment", values)])
    }

    /// Reads the files and puts the sources in order.
    /// - Parameters:
    ///   - flags: what the command line gave, by the setting's name.
    ///   - environment: the environment of the process.
    ///   - dotEnvPath: the `.env` file; it may be absent. Nil to look for none.
    ///   - configPath: the configuration file, which must exist; read as JSON when it ends in `.json`, else as YAML.
    /// - Throws: `SettingsError` with one sentence when a file can't be read or makes no sense.
    package static func load(
        flags: [String: String], environment: [String: String], dotEnvPath: String?, configPath: String?
    ) async throws -> SettingsSources {
        var layers = [Layer("flag", flags), Layer("environment", environment)]
        if let dotEnvPath, let bytes = try SettingsFile.read(dotEnvPath, allowMissing: true) {
            layers.append(Layer(".env", try DotEnvFile.parse(bytes, path: dotEnvPath)))
        }
        if let configPath, let bytes = try SettingsFile.read(configPath, allowMissing: false) {
            layers.append(Layer(configPath, try ConfigurationFile.parse(bytes, path: configPath)))
        }
        return SettingsSources(layers: layers)
    }

    /// The same with one more source, weaker than all others.
    package func adding(weakest source: String, _ values: [String: String]) -> SettingsSources {
        SettingsSources(layers: layers + [Layer(source, values)])
    }

    /// The strongest value of that name; nil when no source gives one.
    package func find(_ name: String) -> Found? {
        for layer in layers {
            if let value = try? layer.provider.environmentValue(forName: name) {
                return Found(value: value, source: layer.source)
            }
        }
        return nil
    }

    /// Every name that a source gives and that starts with `prefix`, in the order of the sources.
    func mentions(prefix: String) -> [Mention] {
        layers.flatMap { layer in
            layer.names.filter { $0.hasPrefix(prefix) }.map { Mention(name: $0, source: layer.source) }
        }
    }
}
