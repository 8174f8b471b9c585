package import Settings

/// The names by which the replaced services took their settings. They are read where they have a meaning, and are
/// weaker than every name of our own.
package enum LegacySettings {
    /// Old name, new name, and how the old notation is read.
    private static let successors: [(old: String, new: String, translate: @Sendable (String) -> String)] = [
        ("PORT", "ATELIER_PORT", { $0 }),
        ("CORS_ORIGINS", "ATELIER_CORS_ORIGINS", list),
        ("JWT_SECRET", "ATELIER_JWT_SECRET", { $0 }),
        ("LOG_LEVEL", "ATELIER_LOG_LEVEL", level),
    ]

    private static let needless: Set<String> = [
        "REDIS_URL", "MONGO_URI", "MONGODB_URI", "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "FLOWER_PORT",
    ]

    private static let unused: Set<String> = [
        "AI_CONTENT_SERVICE_URL", "POE_API_URL", "CLOUDFLARE_R2_ACCOUNT_ID", "CLOUDFLARE_R2_ACCESS_KEY_ID",
        "CLOUDFLARE_R2_SECRET_ACCESS_KEY", "CLOUDFLARE_R2_BUCKET", "CLOUDFLARE_R2_BUCKET_NAME",
        "CLOUDFLARE_R2_ENDPOINT",
        "CLOUDFLARE_R2_PUBLIC_URL",
    ]

    /// Reads the old names.
    /// - Returns: the sources with what the old names give as the weakest, and a sentence for each old name that is
    /// set.
    package static func read(_ sources: SettingsSources) -> (sources: SettingsSources, notices: [String]) {
        let names = SettingsReader(sources)
        var result = sources
        var notices: [String] = []
        for (old, new, translate) in successors {
            guard let found = names.find(old) else { continue }
            if names.find(new) == nil {
                result = result.adding(weakest: old, [new: translate(found.value)])
                notices.append("\(old) is read as \(new): set \(new) instead.")
            } else {
                notices.append("\(old) is not read, as \(new) is set.")
            }
        }
        for name in needless.sorted() where names.find(name) != nil {
            notices.append("\(name) is no longer needed: Atelier keeps its data and its queue itself.")
        }
        for name in unused.sorted() where names.find(name) != nil {
            notices.append("\(name) is not used by this version.")
        }
        return (result, notices)
    }

    /// `["https://a", "https://b"]` is `https://a,https://b`.
    private static func list(_ text: String) -> String {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return text }
        return String(text.dropFirst().dropLast().filter { $0 != "\"" && $0 != "'" })
    }

    private static func level(_ text: String) -> String {
        switch text.lowercased() {
        case "warn": "warning"
        case "fatal": "critical"
        case "verbose": "trace"
        case "log": "info"
        case let level: level
        }
    }
}
