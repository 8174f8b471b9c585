/// A URL in the narrow form that is called: `http` or `https`, no user, a plain host name or an address, a port.
///
/// Read once, by one grammar, and written anew from its parts, so that no second reader sees another host in it.
package struct EgressURL: Sendable, Hashable {
    package let isSecure: Bool
    /// In lower case, without brackets.
    package let host: String
    package let port: Int
    /// The address, when the host is written as one.
    package let literal: IPAddress?
    /// Path and query; begins with a slash. The fragment is dropped.
    package let target: String

    /// The longest URL that is called, in bytes.
    package static let maximumLength = 8192

    package var scheme: String { isSecure ? "https" : "http" }

    /// Scheme, host and port: `https://host:443`.
    package var origin: String { "\(scheme)://\(bracketedHost):\(port)" }

    /// The URL as it is called.
    package var text: String {
        let isDefault = port == (isSecure ? 443 : 80)
        return "\(scheme)://\(bracketedHost)\(isDefault ? "" : ":\(port)")\(target)"
    }

    private var bracketedHost: String { literal?.isIPv4 == false ? "[\(host)]" : host }

    /// - Throws: `EgressError` with `.addressRefused` when the text isn't of that form.
    package init(_ text: String) throws(EgressError) {
        guard text.utf8.count <= Self.maximumLength else {
            throw Self.refusal("longer than \(Self.maximumLength) bytes")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
            throw Self.refusal("a character that must be percent-encoded")
        }
        let lowered = text.prefix(8).lowercased()
        let rest: Substring
        if lowered.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if lowered.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            throw Self.refusal("neither http nor https")
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { throw Self.refusal("a user name in it") }
        let (host, port) = try Self.split(authority)
        self.port = try Self.port(port, isSecure: isSecure)
        (self.host, self.literal) = try Self.host(host)
        let tail = rest.dropFirst(authority.count).prefix { $0 != "#" }
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }

    private static func split(_ authority: Substring) throws(EgressError) -> (host: Substring, port: Substring?) {
        let end: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw refusal("an open bracket") }
            end = authority.index(after: bracket)
        } else {
            end = authority.firstIndex(of: ":") ?? authority.endIndex
        }
        let tail = authority[end...]
        guard tail.isEmpty || tail.hasPrefix(":") else { throw refusal("something after the address") }
        return (authority[..<end], tail.isEmpty ? nil : tail.dropFirst())
    }

    private static func port(_ text: Substring?, isSecure: Bool) throws(EgressError) -> Int {
        guard let text else { return isSecure ? 443 : 80 }
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), let port = Int(text),
            (1...65_535).contains(port)
        else { throw refusal("a port outside 1…65535") }
        return port
    }

    private static func host(_ text: Substring) throws(EgressError) -> (String, IPAddress?) {
        if text.hasPrefix("[") {
            let inner = String(text.dropFirst().dropLast())
            guard inner.contains(":"), let address = IPAddress(inner) else { throw refusal("not an IPv6 address") }
            return (inner.lowercased(), address)
        }
        let name = text.lowercased()
        guard !name.isEmpty, name.utf8.count <= 253 else {
            throw refusal("no host, or one of more than 253 characters")
        }
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
        for label in labels {
            guard (1...63).contains(label.utf8.count), label.utf8.allSatisfy(isHostCharacter) else {
                throw refusal("a host with characters or parts that no host has")
            }
        }
        // A name that ends in a number is an address to some readers (127.1, 0x7f000001, 017700000001): only the
        // standard notation is taken.
        if let last = labels.last, last.utf8.allSatisfy(isDigit) || last.hasPrefix("0x") {
            let isStandard = labels.count == 4 && labels.allSatisfy { $0 == "0" || !$0.hasPrefix("0") }
            guard isStandard, let address = IPAddress(name) else { throw refusal("a number that is no address") }
            return (name, address)
        }
        return (name, nil)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private static func refusal(_ what: String) -> EgressError { EgressError(.addressRefused, "URL with \(what)") }
}
