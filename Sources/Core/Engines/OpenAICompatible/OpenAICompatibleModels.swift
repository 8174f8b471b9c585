/// The JSON of chat completions, images and the list of models, as far as it is used (openai 3.54.0).
struct ChatRequest {
    struct Message {
        var role: String
        var content: String
    }

    struct StreamOptions {
        var includeUsage: Bool
    }

    var model: String
    var messages: [Message]
    /// Understood by every local server; refused by OpenAI's reasoning models.
    var maxTokens: Int?
    var maxCompletionTokens: Int?
    var temperature: Double?
    var reasoningEffort: String?
    var stream: Bool?
    var streamOptions: StreamOptions?
}

struct ChatUsage: Decodable, Sendable {
    var promptTokens: Int?
    var completionTokens: Int?

    enum CodingKeys: String, CodingKey {
        case promptTokens = "prompt_tokens"
        case completionTokens = "completion_tokens"
    }

    var tokens: TokenUsage? {
        guard let promptTokens, let completionTokens else { return nil }
        return TokenUsage(prompt: promptTokens, completion: completionTokens)
    }
}

struct ChatAnswer: Decodable {
    struct Message: Decodable {
        var content: String?
        var refusal: String?
    }

    struct Choice: Decodable {
        var message: Message?
        var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case message
            case finishReason = "finish_reason"
        }
    }

    var id: String?
    var choices: [Choice]?
    var usage: ChatUsage?
    var error: ProviderFault?
}

struct ChatChunk: Decodable {
    struct Delta: Decodable {
        var content: String?
        var refusal: String?
    }

    struct Choice: Decodable {
        var delta: Delta?
        var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case delta
            case finishReason = "finish_reason"
        }
    }

    var id: String?
    var choices: [Choice]?
    var usage: ChatUsage?
    var error: ProviderFault?
}

struct ImagesRequest: Encodable {
    var model: String
    var prompt: String
    /// Spelt out as `n`, always 1.
    var count = 1
    var size: String
    var quality: String?
    var style: String?
    var responseFormat: String?

    enum CodingKeys: String, CodingKey {
        case model, prompt, size, quality, style
        case count = "n"
        case responseFormat = "response_format"
    }
}

struct ImagesAnswer: Decodable {
    struct Item: Decodable {
        var base64: String?
        var url: String?
        var revisedPrompt: String?

        enum CodingKeys: String, CodingKey {
            case url
            case base64 = "b64_json"
            case revisedPrompt = "revised_prompt"
        }
    }

    var data: [Item]?
    var outputFormat: String?
    var error: ProviderFault?

    enum CodingKeys: String, CodingKey {
        case data, error
        case outputFormat = "output_format"
    }
}

struct ModelsAnswer: Decodable {
    struct Item: Decodable {
        var id: String
    }

    var data: [Item]
}

/// The error object of an answer. Servers that imitate the format put a string or a number where an object or a string
/// belongs.
struct ProviderFault: Decodable, Sendable, Hashable {
    struct Moderation: Decodable, Sendable, Hashable {
        var stage: String?

        enum CodingKeys: String, CodingKey { case stage = "moderation_stage" }
    }

    var message: String?
    var type: String?
    var code: String?
    var moderation: Moderation?

    enum CodingKeys: String, CodingKey {
        case message, type, code
        case moderation = "moderation_details"
    }

    init(message: String? = nil, type: String? = nil, code: String? = nil) {
        self.message = message
        self.type = type
        self.code = code
    }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self.init(message: text)
            return
        }
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let number = try? fields.decode(Int.self, forKey: .code)
        self.init(
            message: try? fields.decode(String.self, forKey: .message),
            type: try? fields.decode(String.self, forKey: .type),
            code: (try? fields.decode(String.self, forKey: .code)) ?? number.map(String.init))
        moderation = try? fields.decode(Moderation.self, forKey: .moderation)
    }
}

/// The body of a refusal: `{"error": …}`, or FastAPI's `{"detail": …}`.
struct ProviderRefusal: Decodable {
    var fault: ProviderFault?

    enum CodingKeys: String, CodingKey { case error, detail, message }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        if let fault = try? fields.decode(ProviderFault.self, forKey: .error) {
            self.fault = fault
        } else if let text = (try? fields.decode(String.self, forKey: .detail))
            ?? (try? fields.decode(String.self, forKey: .message))
        {
            fault = ProviderFault(message: text)
        }
    }
}
