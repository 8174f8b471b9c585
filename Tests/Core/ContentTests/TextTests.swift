import Content
import Database
import DatabaseSQLite
import Engines
import FoundationEssentials
import TestKit
import Testing
import Vocabulary

@Suite("Texts")
struct TextTests {
    @Test(
        "a text has its record: what was asked, what served it, and how many tokens", arguments: TextPromptType.allCases
    )
    func everyType(type: TextPromptType) async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let record = try await bench.content.generateText(
            caller, TextGeneration(prompt: "Announce a bakery's new rye bread", model: "gpt-4o", promptType: type))
        #expect(record.content.lowercased().contains("sandbox"))
        #expect(record.model == "gpt-4o")
        #expect(record.engine == "sandbox")
        #expect(record.usage.completion > 0 && record.usage.prompt > 0)
        #expect(record.cost == .zero)
        let rows = try await bench.database.read(as: caller.tenant) { transaction in
            try transaction.query("SELECT template, completion_tokens FROM generations").map { row in
                (try row.get("template", as: String.self), try row.get("completion_tokens", as: Int.self))
            }
        }
        #expect(rows.count == 1)
        #expect(rows.first?.0 == "\(type.rawValue)/1")
        #expect(rows.first?.1 == record.usage.completion)
    }

    @Test("the kinds of text differ from each other, and the same prompt gives the same text")
    func typesDiffer() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        var texts: Set<String> = []
        for type in TextPromptType.allCases {
            let generation = TextGeneration(prompt: "Rye bread", promptType: type)
            let first = try await bench.content.generateText(caller, generation)
            let second = try await bench.content.generateText(caller, generation)
            #expect(first.content == second.content)
            #expect(first.id != second.id)
            texts.insert(first.content)
        }
        #expect(texts.count == TextPromptType.allCases.count)
    }

    @Test("a stream's pieces make up the text of its last event")
    func stream() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        var pieces: [String] = []
        var record: TextRecord?
        for try await event in try await bench.content.streamText(caller, TextGeneration(prompt: "Rye bread")) {
            switch event {
            case .delta(let piece): pieces.append(piece)
            case .done(let whole): record = whole
            }
        }
        #expect(pieces.count > 1)
        #expect(record?.content == pieces.joined())
    }

    @Test("a stream that breaks off says so")
    func brokenStream() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"), fault: "drop")
        await #expect(throws: ContentError.self) {
            for try await _ in try await bench.content.streamText(caller, TextGeneration(prompt: "Rye bread")) {}
        }
    }

    @Test("every bad field is named at once")
    func badFields() async throws {
        let bench = try await ContentBench { $0.promptLength = 10 }
        let caller = Caller(try tenant("acme"))
        do {
            _ = try await bench.content.generateText(
                caller, TextGeneration(prompt: "longer than ten", maximumTokens: 4001, temperature: 2.1))
            Issue.record("taken")
        } catch ContentError.invalid(let faults) {
            #expect(faults.map(\.pointer) == ["/prompt", "/max_tokens", "/temperature"])
        }
    }

    @Test("improving a prompt depends on what the prompt is for")
    func improve() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        for kind in Modality.allCases {
            let record = try await bench.content.improvePrompt(caller, prompt: "a dog", contentType: kind, model: nil)
            #expect(record.content.contains("a dog"))
        }
    }

    @Test("the attempts on record read back as they were")
    func attemptsOnRecord() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let record = try await bench.content.generateText(caller, TextGeneration(prompt: "Rye bread"))
        let stored = try await bench.database.read(as: caller.tenant) { transaction in
            try transaction.first("SELECT attempts FROM generations")?.get("attempts", as: String.self)
        }
        let attempts = try JSONDecoder().decode([EngineAttempt].self, from: Data(try #require(stored).utf8))
        #expect(attempts.map(\.engine) == record.attempts.map(\.engine))
        #expect(attempts.map(\.milliseconds) == record.attempts.map(\.milliseconds))
    }

    @Test("what an engine refuses comes as its error, with the attempts")
    func refusal() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"), fault: "moderated")
        do {
            _ = try await bench.content.generateText(caller, TextGeneration(prompt: "Rye bread"))
            Issue.record("made")
        } catch ContentError.engine(let error, let attempts) {
            #expect(error.code == .contentBlockedInput)
            #expect(attempts.map(\.engine) == ["sandbox"])
        }
    }
}
