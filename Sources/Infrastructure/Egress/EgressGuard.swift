import NIOCore

/// Looks at the address that a connection reached, before anything of a request is written to it.
///
/// A name can resolve to anything, and to something else a moment later; the connected socket can't lie.
struct EgressGuard: Sendable {
    var allowedNetworks: [CIDR]

    /// Closes the connection and fails when the address isn't public and not allowed.
    @Sendable
    func inspect(_ channel: any Channel) -> EventLoopFuture<Void> {
        if let remote = channel.remoteAddress, let address = IPAddress(remote), allows(address) {
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        channel.close(promise: nil)
        return channel.eventLoop.makeFailedFuture(EgressError(.addressRefused, "the host's address is not public"))
    }

    /// - Throws: `EgressError` with `.addressRefused` when the host is written as an address that isn't allowed.
    func check(_ url: EgressURL) throws(EgressError) {
        if let address = url.literal, !allows(address) {
            throw EgressError(.addressRefused, "the address in the URL is not public")
        }
    }

    private func allows(_ address: IPAddress) -> Bool { PublicAddress.allows(address, besides: allowedNetworks) }
}
