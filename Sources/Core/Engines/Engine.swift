package import Vocabulary

/// What produces text, images or films: a provider, a local server, the sandbox.
///
/// Every call throws `EngineError` and nothing else but `CancellationError`. `submitVideo` is never repeated by an
/// engine: what is unknown about it is said with `.submitUnknown`.
package protocol Engine: Sendable {
    /// The name under which it stands in answers and settings: `sandbox`, `openai`, a name chosen by the operator.
    var name: String { get }
    /// What it can make.
    var modalities: Set<Modality> { get }

    func text(_ request: TextRequest, _ call: EngineCall) async throws -> TextResult

    /// The text piece by piece. The stream ends with `.finished`, or throws; text that came before stands.
    func textStream(_ request: TextRequest, _ call: EngineCall) async throws -> AsyncThrowingStream<
        TextEvent, any Error
    >

    func image(_ request: ImageRequest, _ call: EngineCall) async throws -> ImageResult

    func submitVideo(_ request: VideoRequest, _ call: EngineCall) async throws -> VideoTicket

    func pollVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> VideoProgress

    /// - Returns: whether the provider took the cancellation; false where it has no such call.
    func cancelVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> Bool

    /// The finished film, as it comes from the provider. The caller checks that it is one.
    func fetchVideo(_ ticket: VideoTicket, _ call: EngineCall) async throws -> MediaStream

    /// Whether a create that was begun under that request id, and whose answer was lost, was taken. Asked before
    /// anything is done again.
    func reconcile(_ modality: Modality, _ call: EngineCall) async throws -> Reconciliation

    /// Whether it is known to have that model. Answered from what is at hand or from a short call; false when unknown.
    func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool

    /// What it serves when the model that was asked for isn't one of its own.
    func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String

    /// Whether something answers where it is, asked now and answered before the call's deadline. A refusal is an
    /// answer too. It makes nothing and costs nothing.
    func isReachable(_ call: EngineCall) async -> Bool

    /// What its work costs us.
    var pricing: EnginePricing { get }
}

extension Engine {
    package func reconcile(_ modality: Modality, _ call: EngineCall) async throws -> Reconciliation { .cannotTell }
    package func has(_ model: String, for modality: Modality, _ call: EngineCall) async -> Bool { false }
    package func defaultModel(for modality: Modality, _ call: EngineCall) async throws -> String { name }
    package func isReachable(_ call: EngineCall) async -> Bool { true }
    package var pricing: EnginePricing { .unknown }
}

/// What an engine says of a create whose answer was lost.
package enum Reconciliation: Sendable, Hashable {
    /// It was taken, and this is its ticket.
    case taken(VideoTicket)
    /// It never arrived, or costs nothing and leaves nothing: it may be done again.
    case notTaken
    /// The provider can't be asked. A person decides.
    case cannotTell
}

package enum Modality: String, Sendable, Codable, CaseIterable {
    case text, image, video
}

/// What every call of an engine needs to know besides the request.
package struct EngineCall: Sendable {
    /// For the log, and for providers that take a caller's id.
    package var requestID: String
    /// The moment at which the answer is of no use any more.
    package var deadline: Timestamp
    /// Faults to play, honoured by the sandbox alone: the value of the header `X-Sandbox-Fault`.
    package var sandboxFault: String?
    /// `traceparent` of the request, passed on where there is one.
    package var traceparent: String?

    package init(requestID: String, deadline: Timestamp, sandboxFault: String? = nil, traceparent: String? = nil) {
        self.requestID = requestID
        self.deadline = deadline
        self.sandboxFault = sandboxFault
        self.traceparent = traceparent
    }
}
