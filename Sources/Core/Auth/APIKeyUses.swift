import Synchronization
import Vocabulary

/// Which API keys were used, and when last, until it is written down.
final class APIKeyUses: Sendable {
    struct Use: Sendable {
        var tenant: TenantID
        var id: APIKeyID
        var at: Timestamp
    }

    private let most: Int
    private let uses = Mutex<[APIKeyID: Use]>([:])

    /// - Parameter most: how many keys are held; the use of a further one is forgotten.
    init(most: Int) { self.most = most }

    func note(_ key: APIKey, at now: Timestamp) { keep([Use(tenant: key.tenant, id: key.id, at: now)]) }

    /// Hands out what was noted, and forgets it.
    func take() -> [Use] {
        uses.withLock { uses in
            defer { uses = [:] }
            return Array(uses.values)
        }
    }

    /// Takes back what could not be written down.
    func putBack(_ taken: [Use]) { keep(taken) }

    private func keep(_ more: [Use]) {
        uses.withLock { uses in
            for use in more {
                if let older = uses[use.id] {
                    if older.at < use.at { uses[use.id] = use }
                } else if uses.count < most {
                    uses[use.id] = use
                }
            }
        }
    }
}
