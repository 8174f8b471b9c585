import Testing
import Vocabulary
import Webhooks

@Suite("Signatures of Standard Webhooks")
struct StandardWebhookSignatureTests {
    private let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let time: Int64 = 1_614_265_330
    private let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    private func verify(
        _ signatures: String, id: String? = nil, timestamp: String? = nil, secrets: [Secret]? = nil, after: Int64 = 0
    ) -> Bool {
        StandardWebhookSignature.verify(
            id: id ?? self.id, timestamp: timestamp ?? String(time), signatures: signatures, body: body,
            secrets: secrets ?? [secret], now: Timestamp(seconds: time + after))
    }

    @Test("the specification's example comes out as it stands there")
    func vector() {
        #expect(StandardWebhookSignature.sign(id: id, timestamp: time, body: body, secrets: [secret]) == expected)
        #expect(verify(expected))
    }

    @Test("one of several signatures is enough, and unknown versions are passed over")
    func several() {
        #expect(verify("v1a,AAAA v1,AAAA \(expected)"))
        let other = StandardWebhookSignature.newSecret(.system)
        #expect(verify(expected, secrets: [other, secret]))
        let both = StandardWebhookSignature.sign(id: id, timestamp: time, body: body, secrets: [other, secret])
        #expect(both.split(separator: " ").count == 2 && verify(both))
    }

    @Test("another secret, id, time or body, and a time that is past, are refused")
    func refused() {
        #expect(!verify(expected, secrets: [StandardWebhookSignature.newSecret(.system)]))
        #expect(!verify(expected, id: "msg_other"))
        #expect(!verify(expected, timestamp: String(time + 1)))
        #expect(!verify(expected, timestamp: "now"))
        #expect(!verify("", secrets: []))
        #expect(!verify(""))
        #expect(verify(expected, after: 300) && verify(expected, after: -300))
        #expect(!verify(expected, after: 301) && !verify(expected, after: -301))
    }
}
