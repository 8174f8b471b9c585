import FoundationEssentials
import Testing
import Vocabulary

@testable import Engines

@Suite("The JSON of chat completions")
struct ChatJSONTests {
    private func decoded(_ text: String) throws -> ChatAnswer {
        try JSONDecoder().decode(ChatAnswer.self, from: Data(text.utf8))
    }

    @Test(
        "a plain answer is read as Decodable reads it",
        arguments: [
            #"{"id":"c1","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"te"}}],"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            #"{"choices":[{"message":{"content":"é \"x\"","refusal":null}},{"message":{"content":"b"}}],"#
                + #""error":null,"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}"#,
        ])
    func plain(text: String) throws {
        let slow = try decoded(text)
        let quick = try #require(ChatAnswer(plain: Array(text.utf8)))
        #expect(quick.id == slow.id)
        #expect(quick.choices?.first?.message?.content == slow.choices?.first?.message?.content)
        #expect(quick.choices?.first?.finishReason == slow.choices?.first?.finishReason)
        #expect(quick.usage?.tokens == slow.usage?.tokens)
        #expect(quick.error == nil && slow.error == nil)
    }

    @Test(
        "any other answer is left to Decodable",
        arguments: [
            "", "[]", "no JSON", #"{"error":"overloaded"}"#, #"{"choices":[]}"#,
            #"{"choices":[{"message":{"content":"tea"}}]}"#,
            #"{"choices":[{"message":{"content":"tea"}}],"usage":{"prompt_tokens":3.5,"completion_tokens":1}}"#,
            #"{"choices":[{"message":{"content":null}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            #"{"choices":[{"message":{"content":"","refusal":"no"}}],"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            #"{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":3,"completion_tokens":1},"error":{}}"#,
            #"{"choices":[{"message":{"content":"\u0000"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
            #"{"choices":[{"message":{"content":"x"},"finish_reason":7}],"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
        ])
    func others(text: String) { #expect(ChatAnswer(plain: Array(text.utf8)) == nil) }

    @Test("a request has the members that are set, under the names of the API")
    func request() throws {
        var chat = ChatRequest(
            model: "m/1",
            messages: [.init(role: "system", content: "a\n\"b\""), .init(role: "user", content: "é\u{1}")])
        #expect(
            try JSONReader.read(chat.json, maximumDepth: 8)
                == .object([
                    "model": .string("m/1"),
                    "messages": .array([
                        .object(["role": .string("system"), "content": .string("a\n\"b\"")]),
                        .object(["role": .string("user"), "content": .string("é\u{1}")]),
                    ]),
                ]))
        chat.messages = []
        chat.maxTokens = 1
        chat.maxCompletionTokens = 2
        chat.temperature = 0.7
        chat.reasoningEffort = "none"
        chat.stream = true
        chat.streamOptions = .init(includeUsage: true)
        #expect(
            try JSONReader.read(chat.json, maximumDepth: 8)
                == .object([
                    "model": .string("m/1"), "messages": .array([]), "max_tokens": .int(1),
                    "max_completion_tokens": .int(2), "temperature": .double(0.7),
                    "reasoning_effort": .string("none"), "stream": .bool(true),
                    "stream_options": .object(["include_usage": .bool(true)]),
                ]))
    }
}
