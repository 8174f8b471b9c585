import NIOCore

/// Judges addresses twice: those that a name leads to, before anything is connected, and the one that a connection
/// reached, before anything of a request is written to it.
///
/// The first keeps connections and TLS greetings out of private networks. A name can lead to something else a moment
/// later; the connected socket can't lie.
struct EgressGuard: Sendable {
    var allowedNetworks: [CIDR]

    /// Closes the connection and fails when the address isn't public and not allowed.
    @Sendable
    func inspect(_ channel: any Channel) -> EventLoopFuture<Void> {
        if let remote = channel.remoteAddress, let address = IPAddress(remote), allows(address) {
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        channel.close(promise: nil)
        return channel.eventLoop.makeFailedFuture(Self.notPublic)
    }

    /// - Throws: `EgressError` with `.addressRefused` when the host is written as an address that isn't allowed.
    func check(_ url: EgressURL) throws(EgressError) {
        if let address = url.literal, !allows(address) {
            throw EgressError(.addressRefused, "the address in the URL is not public")
        }
    }

    /// - Throws: `EgressError` with `.addressRefused` when one of the addresses that a name has isn't allowed.
    func check(_ addresses: [IPAddress]) throws(EgressError) {
        guard addresses.allSatisfy(allows) else { throw Self.notPublic }
    }

    private static let notPublic = EgressError(.addressRefused, "the host's address is not public")

    private func allows(_ address: IPAddress) -> Bool { PublicAddress.allows(address, besides: allowedNetworks) }
}
