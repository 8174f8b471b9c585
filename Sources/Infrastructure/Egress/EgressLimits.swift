package import Settings

/// What the calls to the outside may take, and how the door reacts when the outside fails.
package struct EgressLimits: Sendable {
    /// Networks that count as public although they aren't: for webhooks and reference URLs inside one's own house.
    package var allowedNetworks: [CIDR] = []
    /// Name lookup, TCP and TLS together; also the longest wait for a free connection. A request may ask for less.
    package var connectTimeout: Duration = .seconds(5)
    /// How many HTTP/1.1 connections one host gets at most.
    package var connectionsPerHost = 64
    /// How long an unused connection is kept.
    package var idleTimeout: Duration = .seconds(30)
    /// The wait after the first failed attempt; it doubles, up to two seconds.
    package var firstBackoff: Duration = .milliseconds(100)
    /// On how many threads the names in foreign URLs are looked up.
    package var lookupThreads = 4
    /// How many such names wait for a thread at most; a call beyond is not sent.
    package var lookupsWaiting = 64
    package var breaker = CircuitBreaker.Thresholds()
    /// For how many hosts a breaker is kept.
    package var breakerHosts = 1024
    /// The longest line, and the most data of one event, of a stream of server-sent events, in bytes.
    package var eventSize = 1 << 20

    /// The longest wait between two attempts that isn't asked for by the other side.
    static let longestBackoff = Duration.seconds(2)

    package init() {}

    package init(reading reader: SettingsReader) {
        allowedNetworks = reader.parsed(
            "ATELIER_EGRESS_ALLOW", default: [], defaultText: "",
            allowed: "networks such as 10.1.0.0/16,fd12::/16,192.168.0.7, separated by commas",
            "networks that webhooks and reference URLs may reach although not public"
        ) { CIDR.list($0) }
        connectTimeout = reader.duration(
            "ATELIER_EGRESS_CONNECT_TIMEOUT", default: connectTimeout, in: .milliseconds(100) ... .seconds(60),
            "longest wait for an outgoing connection: name lookup, TCP and TLS")
        connectionsPerHost = reader.integer(
            "ATELIER_EGRESS_CONNECTIONS", default: connectionsPerHost, in: 1...4096, "outgoing connections per host")
        idleTimeout = reader.duration(
            "ATELIER_EGRESS_IDLE_TIMEOUT", default: idleTimeout, in: .seconds(1) ... .seconds(600),
            "how long an unused outgoing connection is kept")
        firstBackoff = reader.duration(
            "ATELIER_EGRESS_BACKOFF", default: firstBackoff, in: .milliseconds(1) ... .seconds(2),
            "wait after the first failed attempt of a call; doubles up to 2s")
        lookupThreads = reader.integer(
            "ATELIER_EGRESS_LOOKUP_THREADS", default: lookupThreads, in: 1...64,
            "threads that look up the names in URLs that others named")
        lookupsWaiting = reader.integer(
            "ATELIER_EGRESS_LOOKUPS_WAITING", default: lookupsWaiting, in: 0...65_536,
            "names that wait for such a thread at most; a call beyond fails at once")
        breaker.failures = reader.integer(
            "ATELIER_EGRESS_BREAKER_FAILURES", default: breaker.failures, in: 1...1_000_000,
            "failures within the window that open the breaker of a host, if they are half of its calls")
        breaker.window = reader.duration(
            "ATELIER_EGRESS_BREAKER_WINDOW", default: breaker.window, in: .seconds(1) ... .seconds(3600),
            "window in which the breaker counts")
        breaker.open = reader.duration(
            "ATELIER_EGRESS_BREAKER_OPEN", default: breaker.open, in: .milliseconds(100) ... .seconds(3600),
            "how long an open breaker lets nothing through")
        breakerHosts = reader.integer(
            "ATELIER_EGRESS_BREAKER_HOSTS", default: breakerHosts, in: 1...1_000_000,
            "hosts for which a breaker is kept")
        eventSize = reader.bytes(
            "ATELIER_EGRESS_EVENT_SIZE", default: eventSize, in: 1024...(64 << 20),
            "longest line and most data of one server-sent event")
    }
}
