import Glibc
import ServiceLifecycle
import UnixSignals

/// Ends the process at once when it is told a second time to stop: the first asks politely. The first service of a
/// group, so that it lasts as long as the others.
struct SecondSignal: Service {
    static let signals: [UnixSignal] = [.sigterm, .sigint]

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let signals = await UnixSignalsSequence(trapping: Self.signals)
            var seen = 0
            for await _ in signals {
                seen += 1
                if seen > 1 { _exit(1) }
            }
        }
    }
}
