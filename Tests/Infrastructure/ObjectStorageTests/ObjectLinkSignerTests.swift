import ObjectStorage
import Testing
import Vocabulary

@Suite("Signed links")
struct ObjectLinkSignerTests {
    let signer = ObjectLinkSigner(
        secret: Array("0123456789abcdef0123456789abcdef".utf8), publicURL: "https://api.example.com/")
    let expiry = Timestamp(seconds: 2_000)
    let now = Timestamp(seconds: 1_000)

    func parts(_ link: String) throws -> (key: String, expires: String, signature: String) {
        let rest = try #require(link.split(separator: "https://api.example.com/v1/files/").last)
        let pieces = rest.split(separator: "?")
        let parameters = try #require(pieces.last).split(separator: "&").compactMap { $0.split(separator: "=").last }
        return (String(pieces[0]), String(parameters[0]), String(parameters[1]))
    }

    @Test("a link names the object, the moment and the signature, and is verified until then")
    func valid() throws {
        let key = try #require(ObjectKey("tenants/acme/images/a.png"))
        let link = signer.sign(key, expiresAt: expiry)
        #expect(link.hasPrefix("https://api.example.com/v1/files/tenants/acme/images/a.png?expires=2000&signature="))
        let (path, expires, signature) = try parts(link)
        #expect(signer.verify(path, expires: expires, signature: signature, now: now) == key)
        let last = Timestamp(microseconds: 1_999_999_999)
        #expect(signer.verify(path, expires: expires, signature: signature, now: last) == key)
        #expect(signer.verify(path, expires: expires, signature: signature, now: expiry) == nil)
    }

    @Test("an altered key, moment or signature, or another secret, isn't verified")
    func altered() throws {
        let key = try #require(ObjectKey("tenants/acme/images/a.png"))
        let (path, expires, signature) = try parts(signer.sign(key, expiresAt: expiry))
        for other in [
            "tenants/acme/images/b.png", "tenants/acme-b/images/a.png", "tenants/acme/videos/a.png",
            "tenants/acme/images/a.png/", "tenants/acme/images/../images/a.png", "/tenants/acme/images/a.png", "",
        ] {
            #expect(signer.verify(other, expires: expires, signature: signature, now: now) == nil, "\(other)")
        }
        for other in ["2001", "1999", "+2000", "02000", " 2000", "", "x", "99999999999999999999"] {
            #expect(signer.verify(path, expires: other, signature: signature, now: now) == nil, "\(other)")
        }
        for position in signature.indices {
            var characters = Array(signature)
            let index = signature.distance(from: signature.startIndex, to: position)
            characters[index] = characters[index] == "A" ? "B" : "A"
            #expect(signer.verify(path, expires: expires, signature: String(characters), now: now) == nil)
        }
        for other in ["", "A", String(signature.dropLast()), signature + "A", signature + "="] {
            #expect(signer.verify(path, expires: expires, signature: other, now: now) == nil, "\(other)")
        }
        let stranger = ObjectLinkSigner(secret: Array(repeating: 7, count: 32), publicURL: "https://api.example.com")
        #expect(stranger.verify(path, expires: expires, signature: signature, now: now) == nil)
    }
}
