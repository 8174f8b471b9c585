import Sealing
import Testing
import Vocabulary

@Suite("Secrets at rest")
struct SecretBoxTests {
    let box = SecretBox(masterKey: Secret(String(repeating: "k", count: 32)), surroundings: .system)

    @Test("what was sealed opens for its purpose, and looks different every time")
    func roundTrip() throws {
        let sealed = try box.seal(Secret("whsec_abc"), for: "webhook:t:1")
        #expect(try box.open(sealed, for: "webhook:t:1").reveal() == "whsec_abc")
        #expect(!sealed.contains("whsec"))
        #expect(try box.seal(Secret("whsec_abc"), for: "webhook:t:1") != sealed)
    }

    @Test("it opens neither for another purpose, nor altered, nor under another key")
    func refusals() throws {
        let sealed = try box.seal(Secret("whsec_abc"), for: "webhook:t:1")
        #expect(throws: SealingError.self) { try box.open(sealed, for: "webhook:t:2") }
        #expect(throws: SealingError.self) { try box.open(sealed + "AA", for: "webhook:t:1") }
        #expect(throws: SealingError.self) { try box.open("v1.", for: "webhook:t:1") }
        let other = SecretBox(masterKey: Secret(String(repeating: "o", count: 32)), surroundings: .system)
        #expect(throws: SealingError.self) { try other.open(sealed, for: "webhook:t:1") }
    }
}
