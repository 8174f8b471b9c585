import Egress
import Testing

@Suite("Which addresses are public, and which URLs are called")
struct PublicAddressTests {
    @Test(
        "Addresses that aren't public are refused, at both ends of their networks",
        arguments: [
            "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
            "127.255.255.254", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:5ef5:79fb:0:59d:a0e5:2b9", "2001:2::1",
            "2001:10::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "3fff::1", "fc00::1",
            "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "4000::1",
        ])
    func refused(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!PublicAddress.isPublic(address))
    }

    @Test(
        "Public addresses pass",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
            "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "2001:200::1", "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ])
    func passed(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(PublicAddress.isPublic(address))
    }

    @Test("Allowed networks pass all the same, written as IPv4 or mapped into IPv6")
    func allowedNetworks() throws {
        let networks = try #require(CIDR.list("10.1.0.0/16, fd00::/8,192.168.0.7"))
        for text in ["10.1.255.255", "::ffff:10.1.2.3", "fdff::1", "192.168.0.7"] {
            let address = try #require(IPAddress(text))
            #expect(PublicAddress.allows(address, besides: networks), "\(text)")
        }
        for text in ["10.2.0.0", "10.0.255.255", "fc00::1", "192.168.0.8", "127.0.0.1"] {
            let address = try #require(IPAddress(text))
            #expect(!PublicAddress.allows(address, besides: networks), "\(text)")
        }
        let everything = try #require(CIDR("0.0.0.0/0"))
        let some = try #require(IPAddress("255.1.2.3"))
        #expect(everything.contains(some))
    }

    @Test(
        "What is no network isn't read as one",
        arguments: [
            "10.0.0.0/33", "10.0.0/8", "fd00::/129", "x", "10.0.0.0/", "10.0.0.0/-1", "::1%lo/128", "10.0.0.0/+8",
        ])
    func badNetworks(text: String) {
        #expect(CIDR(text) == nil)
        #expect(CIDR.list("10.0.0.0/8,\(text)") == nil)
    }

    @Test("A URL is read into its parts and written in one form")
    func reading() throws {
        let cases = [
            ("http://Example.COM", "http://example.com/", "http://example.com:80"),
            ("HTTPS://example.com:443/a?b=c#d", "https://example.com/a?b=c", "https://example.com:443"),
            ("https://example.com:8443?q", "https://example.com:8443/?q", "https://example.com:8443"),
            ("http://[2606:4700::1111]:8080/x", "http://[2606:4700::1111]:8080/x", "http://[2606:4700::1111]:8080"),
            ("http://8.8.8.8/@x", "http://8.8.8.8/@x", "http://8.8.8.8:80"),
            ("http://my_host.internal./", "http://my_host.internal./", "http://my_host.internal.:80"),
        ]
        for (text, written, origin) in cases {
            let url = try EgressURL(text)
            #expect(url.text == written)
            #expect(url.origin == origin)
        }
    }

    @Test(
        "What isn't plain is refused",
        arguments: [
            "", "example.com", "//example.com/", "ftp://example.com/", "http:///x", "http://", "http://:80/",
            "http://@example.com/",
            "http://user:pass@example.com/", "http://example.com:0/", "http://example.com:65536/",
            "http://example.com:+80/",
            "http://example.com:/", "http://example.com:80a/", "http://exa mple.com/", "http://example.com/a b",
            "http://example.com/\r\nX: y", "http://example.com\\@evil.com/", "http://[::1", "http://[::1]x/",
            "http://[fe80::1%25eth0]/",
            "http://[127.0.0.1]/", "http://a..b/", "http://.a/", "http://1.2.3/", "http://1.2.3.4.5/",
            "http://256.1.1.1/",
            "http://0x7f.0.0.1/", "http://1.2.3.0x4/", "http://example.com./\u{7f}", "http://ex%61mple.com/",
            "http://bücher.de/",
            "http://010.8.8.8/", "https:/example.com/", "http:example.com",
        ])
    func refusedURLs(text: String) {
        #expect(throws: EgressError.self) { try EgressURL(text) }
    }

    @Test("The longest URL passes, a longer one doesn't")
    func length() throws {
        let start = "http://example.com/"
        let longest = start + String(repeating: "a", count: EgressURL.maximumLength - start.utf8.count)
        #expect(try EgressURL(longest).text == longest)
        #expect(throws: EgressError.self) { try EgressURL(longest + "a") }
    }
}
