package import Vocabulary

/// What text costs at the maker's list price. US dollars per million tokens, as of 2026-11-22 (litellm 1.109.1 and the
/// makers' pages). What isn't in the book has no known price, and no price is made up for it.
package struct PriceBook: Sendable, Hashable {
    package struct TextPrice: Sendable, Hashable {
        /// Micro-credits per token. A dollar per million tokens is a hundred of them.
        package var prompt: Int64
        package var completion: Int64

        package init(dollarsPerMillionIn prompt: Double, out completion: Double) {
            self.prompt = Int64((prompt * 100).rounded())
            self.completion = Int64((completion * 100).rounded())
        }
    }

    package var text: [String: TextPrice]

    package init(text: [String: TextPrice]) { self.text = text }

    /// nil when the model has no known price.
    package func cost(of usage: TokenUsage, model: String) -> MicroCredits? {
        guard let price = text[model] else { return nil }
        return MicroCredits(Int64(usage.prompt) * price.prompt + Int64(usage.completion) * price.completion)
    }

    package static let openAI = PriceBook(text: [
        "gpt-4o": TextPrice(dollarsPerMillionIn: 2.50, out: 10),
        "gpt-4o-mini": TextPrice(dollarsPerMillionIn: 0.15, out: 0.60),
        "gpt-4.1": TextPrice(dollarsPerMillionIn: 2, out: 8),
        "gpt-5": TextPrice(dollarsPerMillionIn: 1.25, out: 10),
        "gpt-6-astra": TextPrice(dollarsPerMillionIn: 10, out: 50),
        "gpt-6.1-sol": TextPrice(dollarsPerMillionIn: 2, out: 10),
        "gpt-6.1-terra": TextPrice(dollarsPerMillionIn: 1, out: 5),
        "gpt-6-luna": TextPrice(dollarsPerMillionIn: 0.10, out: 0.50),
        "gpt-6.2-astra": TextPrice(dollarsPerMillionIn: 8, out: 40),
        "gpt-6.2-sol": TextPrice(dollarsPerMillionIn: 2, out: 10),
    ])
}

/// What an engine's work costs us.
package enum EnginePricing: Sendable, Hashable {
    /// Nothing: the sandbox, and servers of one's own.
    case free
    case listed(PriceBook)
    case unknown
}
