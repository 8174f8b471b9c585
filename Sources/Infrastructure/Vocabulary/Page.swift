/// What a list call asks for.
package struct PageRequest: Hashable, Sendable {
    /// How many items at most: `1...maximumLimit`.
    package var limit: Int
    /// The id after which the page begins, in the list's own order; nil for the first page.
    package var after: String?

    package static let defaultLimit = 50
    package static let maximumLimit = 200

    package init(limit: Int = Self.defaultLimit, after: String? = nil) {
        self.limit = min(max(limit, 1), Self.maximumLimit)
        self.after = after
    }
}

/// One page of a list.
package struct Page<Item: Sendable>: Sendable {
    package var items: [Item]
    /// What `PageRequest.after` takes for the next page; nil on the last.
    package var next: String?

    package init(items: [Item], next: String?) {
        self.items = items
        self.next = next
    }

    /// Cuts a page from what was read with a limit one higher than asked, so that a further page shows.
    package init(reading items: [Item], limit: Int, cursor: (Item) -> String) {
        let page = Array(items.prefix(limit))
        self.init(items: page, next: items.count > limit ? page.last.map(cursor) : nil)
    }

    package func map<Other>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}
