import FoundationEssentials
package import Hummingbird
import NIOCore

/// What Hummingbird carries with a request.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The address of the socket's other end: the client's, or the nearest proxy's.
    var remoteAddress: String { channel.remoteAddress?.ipAddress ?? "unknown" }
}
