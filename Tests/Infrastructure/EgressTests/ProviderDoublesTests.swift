import Egress
import FoundationEssentials
import HTTPTypes
import ProviderDoubles
import TestKit
import Testing
import Vocabulary

@Suite("The doubles of providers and receivers behave as their originals do")
struct ProviderDoublesTests {
    private func json(_ response: EgressResponse) async throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(try await response.bytes()))
    }

    private let chat = #"{"model":"m","messages":[{"role":"user","content":"good day"}]}"#

    @Test("A completion carries the user's words and counts them")
    func completion() async throws {
        try await withOpenAICompatibleDouble { double in
            try await withEgress { egress in
                let answer = try await json(
                    egress.send(request(.post, double.baseURL + "/chat/completions", body: chat)))
                let message = answer["choices"]?.array?.first?["message"]
                #expect(message?["content"]?.string == "You said: good day")
                #expect(answer["usage"]?["completion_tokens"]?.int == 4 && answer["usage"]?["prompt_tokens"]?.int == 2)
                #expect(double.paidRequests.count == 1)
                let models = try await json(egress.send(request(double.baseURL + "/models")))
                #expect(models["data"]?.array?.count == 2)
            }
        }
    }

    @Test("A stream has the words, the usage when asked for, and its end")
    func stream() async throws {
        try await withOpenAICompatibleDouble { double in
            try await withEgress { egress in
                let body = String(chat.dropLast()) + #","stream":true,"stream_options":{"include_usage":true}}"#
                let response = try await egress.send(request(.post, double.baseURL + "/chat/completions", body: body))
                var text = ""
                var usage: JSONValue?
                var last = ""
                for try await event in egress.events(response) {
                    last = event.data
                    guard let chunk = try? JSONDecoder().decode(JSONValue.self, from: Data(event.data.utf8)) else {
                        continue
                    }
                    text += chunk["choices"]?.array?.first?["delta"]?["content"]?.string ?? ""
                    usage = chunk["usage"] ?? usage
                }
                #expect(text == "You said: good day" && usage?["total_tokens"]?.int == 6 && last == "[DONE]")
            }
        }
    }

    @Test("A picture has the size that was asked for, inline or by link")
    func image() async throws {
        try await withOpenAICompatibleDouble { double in
            try await withEgress { egress in
                let call = request(
                    .post, double.baseURL + "/images/generations", body: #"{"model":"i","prompt":"p","size":"48x16"}"#)
                let inline = try await json(egress.send(call))["data"]?.array?.first?["b64_json"]?.string
                let decoded = Data(base64Encoded: inline ?? "")
                let picture = Array(try #require(decoded))
                #expect(picture == blankPNG(width: 48, height: 16))
                #expect(picture[..<8] == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
                #expect(picture[16..<24] == [0, 0, 0, 48, 0, 0, 0, 16])
                double.deliver(images: .url)
                let answer = try await json(egress.send(call))
                let link = try #require(answer["data"]?.array?.first?["url"]?.string)
                try await expectEqual(picture) { try await egress.send(request(link)).bytes() }
            }
        }
    }

    @Test("Faults show as statuses, in turn, and then it answers again")
    func statuses() async throws {
        try await withOpenAICompatibleDouble { double in
            double.fail(
                next: .rateLimited(retryAfter: 7), .insufficientQuota, .serverError, .unavailable, .unauthorized,
                .modelNotFound, .badRequest, .moderationBlocked, nil)
            try await withEgress { egress in
                let call = request(.post, double.baseURL + "/chat/completions", body: chat)
                let first = try await egress.send(call)
                #expect(first.status == 429 && first.headers[.retryAfter] == "7")
                for expected in [429, 500, 503, 401, 404, 400, 400, 200, 200] {
                    try await expectEqual(expected) { try await egress.send(call).status }
                }
                double.fail(next: .emptyChoices, .contentFilter, .slow(.milliseconds(1)))
                try await expectEqual([]) { try await json(egress.send(call))["choices"] }
                let filtered = try await json(egress.send(call))["choices"]?.array?.first
                #expect(filtered?["finish_reason"]?.string == "content_filter")
                try await expectEqual(200) { try await egress.send(call).status }
            }
        }
    }

    @Test("Faults of the wire are what they say, streamed or not", arguments: [false, true])
    func wireFaults(streamed: Bool) async throws {
        try await withOpenAICompatibleDouble { double in
            try await withEgress { egress in
                let body = streamed ? String(chat.dropLast()) + #","stream":true}"# : chat
                let call = request(.post, double.baseURL + "/chat/completions", body: body)
                double.fail(next: .resetAfterAccepting, .hang, .resetMidStream, .truncatedBody, .garbageBody, .htmlBody)
                await expect(.unknown) { try await egress.send(call) }
                var short = call
                short.deadlines.firstByte = .seconds(1)
                await expect(.unknown) { [short] in try await egress.send(short) }
                for _ in 0..<2 {
                    let response = try await egress.send(call)
                    #expect(response.status == 200)
                    await expect(.truncated) { try await response.bytes() }
                }
                for _ in 0..<2 {
                    let bytes = try await egress.send(call).bytes()
                    #expect((try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))) == nil)
                }
                #expect(double.paidRequests.count == 6)
            }
        }
    }

    @Test("A receiver keeps its deliveries and its address over a restart, and answers by script")
    func receiver() async throws {
        try await withWebhookReceiver { receiver in
            receiver.answer(next: .status(500), .status(429, retryAfter: 3), .reset)
            try await withEgress { egress in
                let call = request(.post, receiver.url, headers: [.contentType: "application/json"], body: "{}")
                try await expectEqual(500) { try await egress.send(call).status }
                try await expectEqual("3") { try await egress.send(call).headers[.retryAfter] }
                await expect(.unknown) { try await egress.send(call) }
                try await expectEqual(200) { try await egress.send(call).status }
                await receiver.stop()
                try await eventually("the port is closed") {
                    do {
                        _ = try await egress.send(call)
                        return false
                    } catch let error as EgressError {
                        return error.code == .notSent
                    }
                }
                let before = receiver.deliveries.count
                try await receiver.restart()
                try await expectEqual(200) { try await egress.send(call).status }
                #expect(receiver.deliveries.count == before + 1)
                #expect(
                    receiver.deliveries.allSatisfy {
                        $0.text == "{}" && $0.header("Content-Type") == "application/json"
                    })
            }
        }
    }

    @Test("A key set is served, counted and changed")
    func keySet() async throws {
        let double = try await JWKSDouble.start(#"{"keys":[]}"#)
        try await withEgress { egress in
            try await expectEqual(Array(#"{"keys":[]}"#.utf8)) { try await egress.send(request(double.url)).bytes() }
            double.serve(#"{"keys":[1]}"#)
            try await expectEqual(Array(#"{"keys":[1]}"#.utf8)) { try await egress.send(request(double.url)).bytes() }
            double.answer(500)
            try await expectEqual(500) { try await egress.send(request(double.url)).status }
            #expect(double.hits == 3)
        }
        await double.stop()
    }
}
