import Engines
import FoundationEssentials
import JobQueue
import Vocabulary

/// Tells a provider that a film isn't wanted any more. Payload: the ticket.
enum CancelRender {
    static let kind = JobKind("content.cancel-render")

    static func run(_ service: ContentService, _ claimed: ClaimedJob) async throws -> JobVerdict {
        let ticket = try JSONDecoder().decode(VideoTicket.self, from: Data(claimed.payload.utf8))
        guard let engine = service.router.engine(named: ticket.engine) else { return .complete }
        let call = EngineCall(requestID: claimed.id.text, deadline: service.surroundings.now() + .seconds(30))
        do {
            _ = try await engine.cancelVideo(ticket, call)
            return .complete
        } catch let error as EngineError {
            switch error.code {
            case .jobNotFound, .canceled, .providerRejectedRequest, .unsupportedParameter, .modelNotFound,
                .modelRetired:
                return .fail(reason: error.code.rawValue)
            default: return .retry(reason: error.code.rawValue)
            }
        }
    }
}
