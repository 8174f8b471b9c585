import Vocabulary

// The JSON of a text request, written and read without reflection: it is half of what this program does for a text.

extension ChatRequest {
    var json: [UInt8] {
        var writer = JSONWriter(capacity: 1_024)
        writer.object { writer in
            writer.member("model", model)
            writer.member("messages", each: messages) { writer, message in
                writer.object { writer in
                    writer.member("role", message.role)
                    writer.member("content", message.content)
                }
            }
            if let maxTokens { writer.member("max_tokens", maxTokens) }
            if let maxCompletionTokens { writer.member("max_completion_tokens", maxCompletionTokens) }
            if let temperature { writer.member("temperature", temperature) }
            if let reasoningEffort { writer.member("reasoning_effort", reasoningEffort) }
            if let stream { writer.member("stream", stream) }
            if let streamOptions {
                writer.member("stream_options") { $0.member("include_usage", streamOptions.includeUsage) }
            }
        }
        return writer.bytes
    }
}

extension ChatAnswer {
    /// Reads a plain answer: one that has a text and its usage, and no error. Any other is left to `Decodable`.
    init?(plain bytes: [UInt8]) {
        guard let json = try? JSONReader.read(bytes, maximumDepth: 32), json["error"].isAbsent,
            let choice = json["choices"]?.array?.first, let message = choice["message"], message["refusal"].isAbsent,
            let content = message["content"]?.string, let usage = json["usage"],
            let finish = Self.text(choice["finish_reason"]), let id = Self.text(json["id"]),
            case .int(let prompt)? = usage["prompt_tokens"], case .int(let completion)? = usage["completion_tokens"]
        else { return nil }
        self.id = id
        choices = [Choice(message: Message(content: content, refusal: nil), finishReason: finish)]
        self.usage = ChatUsage(promptTokens: Int(prompt), completionTokens: Int(completion))
        error = nil
    }

    /// - Returns: nil when it is something other than a text or nothing.
    private static func text(_ value: JSONValue?) -> String?? {
        if value.isAbsent { return .some(nil) }
        return value?.string.map { .some($0) }
    }
}

extension JSONValue? {
    fileprivate var isAbsent: Bool { self == nil || self == .some(.null) }
}
