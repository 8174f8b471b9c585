import FoundationEssentials
import Vocabulary

/// All that the sandbox needs to go on with a film in another process: it stands in the ticket's note.
struct SandboxTicket: Codable, Sendable, Hashable {
    /// As much of the prompt as is drawn.
    var prompt: String
    var seconds: Int
    var aspect: AspectRatio
    var framesPerSecond: Int
    /// Microseconds since 1970.
    var submittedAt: Int64
    /// In microseconds.
    var renderTime: Int64
    var outcome: SandboxFault.Outcome?

    static let drawnPrompt = 600

    var readyAt: Timestamp { Timestamp(microseconds: submittedAt) + .microseconds(renderTime) }

    /// 0…100; 100 when the film is ready.
    func progress(at moment: Timestamp) -> Int {
        let elapsed = moment.microseconds - submittedAt
        guard elapsed < renderTime else { return 100 }
        return Int(max(elapsed, 0) * 100 / max(renderTime, 1))
    }

    /// The same film for the same call: repeated, it has the same id.
    func id(requestID: String) -> String {
        let seed = Fingerprint("\(requestID)|\(prompt)|\(seconds)|\(aspect.rawValue)").value
        var bytes: [UInt8] = []
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: seed >> UInt64(shift)))
        }
        return "sandbox-\(bytes.hex)"
    }

    func note() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// - Throws: `EngineError` with `.jobNotFound` when the note isn't one of the sandbox's.
    static func read(_ ticket: VideoTicket) throws -> SandboxTicket {
        guard let note = ticket.note,
            let read = try? JSONDecoder().decode(SandboxTicket.self, from: Data(note.utf8))
        else { throw EngineError(.jobNotFound, "the sandbox doesn't know this film", providerDetail: ticket.id) }
        return read
    }
}

/// FNV-1a of a text: the same everywhere and in every process, unlike `Hasher`. The source of all that varies.
struct Fingerprint: Sendable {
    private(set) var value: UInt64

    init(_ text: String) {
        value = text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

    /// One of the choices; each call moves on.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        value = value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return choices[Int((value >> 33) % UInt64(choices.count))]
    }
}
