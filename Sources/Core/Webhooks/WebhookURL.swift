import FoundationEssentials

/// The form of the URLs that tenants may name.
enum WebhookURL {
    /// - Returns: what is wrong with it, in words; nil when nothing is.
    static func fault(_ text: String) -> String? {
        guard text.utf8.count <= WebhookLimits.maximumURLLength else {
            return "must have at most \(WebhookLimits.maximumURLLength) characters"
        }
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            parts.scheme == "http" || parts.scheme == "https"
        else { return "must be an http or https URL" }
        guard parts.user == nil, parts.password == nil else { return "must not carry a user name or password" }
        return nil
    }

    /// Host and port, as a name for who is called: one name, however the URL is written.
    static func address(_ text: String) -> String {
        guard let parts = URLComponents(string: text), var host = parts.host?.lowercased() else { return "" }
        if host.hasSuffix(".") { host.removeLast() }
        return "\(host):\(parts.port ?? (parts.scheme?.lowercased() == "http" ? 80 : 443))"
    }
}
