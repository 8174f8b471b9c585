import Synchronization
package import Vocabulary

/// A bounded memory of values that are good until a moment.
///
/// What was read from elsewhere is put in with the generation taken before the reading, so that a value read before a
/// removal can't come back after it. When the newer half is full the older half is dropped, and a value that is found
/// in the older half moves to the newer one: what is in use stays, at a constant cost.
package final class ExpiringCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// When a value may be put in: the count of removals so far.
    package struct Generation: Sendable, Hashable {
        fileprivate var count: UInt64 = 0
    }

    private struct Entry: Sendable {
        var value: Value
        var expiresAt: Timestamp
    }

    private struct State: Sendable {
        var newer: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var generation = Generation()

        mutating func put(_ entry: Entry, for key: Key, half: Int) {
            if newer.count >= half, newer[key] == nil {
                older = newer
                newer = [:]
            }
            newer[key] = entry
        }
    }

    private let half: Int
    private let state = Mutex(State())

    /// - Parameter entries: how many values are held at most; at least 2.
    package init(entries: Int) { half = max(entries / 2, 1) }

    /// How many values are held, whether they are still good or not.
    package var count: Int { state.withLock { $0.newer.count + $0.older.count } }

    package var generation: Generation { state.withLock { $0.generation } }

    /// - Returns: nil when there is none, or when its moment has come.
    package func value(for key: Key, at now: Timestamp) -> Value? {
        state.withLock { state in
            if let entry = state.newer[key] {
                if now < entry.expiresAt { return entry.value }
                state.newer[key] = nil
                return nil
            }
            guard let entry = state.older.removeValue(forKey: key), now < entry.expiresAt else { return nil }
            state.put(entry, for: key, half: half)
            return entry.value
        }
    }

    /// Does nothing when something was removed since `generation`.
    package func put(_ value: Value, for key: Key, until expiresAt: Timestamp, ifStill generation: Generation) {
        state.withLock { state in
            guard state.generation == generation else { return }
            state.older[key] = nil
            state.put(Entry(value: value, expiresAt: expiresAt), for: key, half: half)
        }
    }

    /// Removes the values that answer to `matches`, and refuses those that are being read at the moment.
    package func remove(where matches: (Value) -> Bool) {
        state.withLock { state in
            state.generation.count += 1
            state.newer = state.newer.filter { !matches($0.value.value) }
            state.older = state.older.filter { !matches($0.value.value) }
        }
    }

    /// Removes the value of `key`, and refuses those that are being read at the moment.
    package func remove(_ key: Key) {
        state.withLock { state in
            state.generation.count += 1
            state.newer[key] = nil
            state.older[key] = nil
        }
    }
}
