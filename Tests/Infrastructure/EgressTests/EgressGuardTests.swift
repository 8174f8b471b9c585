import HTTPTypes
import NIOHTTP1
import TestKit
import Testing

@testable import Egress

@Suite("Foreign addresses, over real sockets")
struct EgressGuardTests {
    private func allow(_ networks: String) -> (inout EgressLimits) -> Void {
        { $0.allowedNetworks = CIDR.list(networks) ?? [] }
    }

    @Test("A loopback address in the URL is refused without a connection")
    func literal() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200)
        } _: { server in
            try await withEgress { egress in
                let urls = [
                    server.url, "http://[::ffff:127.0.0.1]:\(server.port)/", "http://[::1]:\(server.port)/",
                    "http://0.0.0.0:\(server.port)/", "http://user@127.0.0.1:\(server.port)/",
                    "http://127.1:\(server.port)/", "http://2130706433:\(server.port)/",
                    "http://0x7f000001:\(server.port)/", "http://0177.0.0.1:\(server.port)/",
                    "http://example.com\\@127.0.0.1:\(server.port)/", "http://127.0.0.1%00.example.com:\(server.port)/",
                    "ftp://127.0.0.1:\(server.port)/", "file:///etc/passwd", "http+unix://%2Ftmp%2Fx/", "",
                ]
                for url in urls {
                    await expect(.addressRefused, "\(url)") { try await egress.send(request(url, trust: .foreign)) }
                }
                #expect(server.connections == 0)
            }
        }
    }

    @Test("A name that leads to loopback is refused without a connection, with TLS or without")
    func name() async throws {
        try await withRawServer { _ in
            [.readHead, .send(okay)]
        } _: { server in
            try await withEgress { egress in
                for scheme in ["http", "https"] {
                    let url = "\(scheme)://localhost:\(server.port)/secret"
                    let call = request(.post, url, body: "x", trust: .foreign, attempts: 3)
                    await expect(.addressRefused, "\(scheme)") { try await egress.send(call) }
                }
                #expect(server.connections == 0)
            }
        }
    }

    @Test("One address that isn't public among several is enough to refuse a name")
    func mixedAddresses() async throws {
        let mixed = ["1.1.1.1", "2606:4700:4700::1111", "::ffff:127.0.0.1"].compactMap { IPAddress($0) }
        try await withEgress(lookup: { _ in mixed }) { egress in
            let call = request("https://mixed.invalid/", trust: .foreign, attempts: 3)
            await expect(.addressRefused) { try await egress.send(call) }
        }
    }

    @Test("A name in an allowed network is reached")
    func allowedName() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200, text: "ok")
        } _: { server in
            try await withEgress(allow("127.0.0.1/32,::1/128")) { egress in
                let call = request("http://localhost:\(server.port)/", trust: .foreign)
                try await expectEqual(Array("ok".utf8)) { try await egress.send(call).bytes() }
                #expect(server.requests.first?.header("Host") == "localhost:\(server.port)")
            }
        }
    }

    /// Says what a name server says that changes its answer after the first question.
    private let lying: NameLookup.Function = { _ in [IPAddress(four: [1, 1, 1, 1])] }

    @Test("A name that leads to loopback only once it is called is refused on the connected socket, before a byte")
    func rebinding() async throws {
        try await withRawServer { _ in
            [.readHead, .send(okay)]
        } _: { server in
            try await withEgress(lookup: lying) { egress in
                let url = "http://localhost:\(server.port)/secret"
                let call = request(.post, url, body: "x", trust: .foreign, attempts: 3)
                await expect(.addressRefused) { try await egress.send(call) }
                try await eventually("the connection was made, and ended") {
                    server.connections == 1 && server.ended == 1
                }
                #expect(server.received.isEmpty)
            }
        }
    }

    @Test("A connection of a configured host is not used for a foreign call")
    func separatePools() async throws {
        try await withHTTPDouble { _ in
            HTTPDouble.Reply(200, text: "ok")
        } _: { server in
            try await withEgress(lookup: lying) { egress in
                let url = "http://localhost:\(server.port)/"
                try await expectEqual(Array("ok".utf8)) { try await egress.send(request(url)).bytes() }
                await expect(.addressRefused) { try await egress.send(request(url, trust: .foreign)) }
                #expect(server.requests.count == 1)
            }
        }
    }

    @Test("An allowed network is reached, its neighbours aren't")
    func allowed() async throws {
        try await withHTTPDouble(host: "127.0.0.2") { _ in
            HTTPDouble.Reply(200, text: "ok")
        } _: { server in
            try await withEgress(allow("127.0.0.2/32")) { egress in
                try await expectEqual(Array("ok".utf8)) {
                    try await egress.send(request(server.url, trust: .foreign)).bytes()
                }
                let neighbour = "http://127.0.0.3:\(server.port)"
                await expect(.addressRefused) { try await egress.send(request(neighbour, trust: .foreign)) }
            }
        }
    }

    @Test("A redirect from an allowed address to one that isn't is refused, by address and by name")
    func redirectInside() async throws {
        try await withRawServer(host: "127.0.0.3") { _ in
            [.readHead, .send(okay)]
        } _: { inside in
            for target in [
                "http://127.0.0.3:\(inside.port)/", "http://localhost:\(inside.port)/", "file:///etc/passwd",
            ] {
                try await withHTTPDouble(host: "127.0.0.2") { _ in
                    HTTPDouble.Reply(302, headers: [("Location", target)])
                } _: { server in
                    try await withEgress(allow("127.0.0.2/32")) { egress in
                        let call = request(server.url, trust: .foreign, redirects: 3)
                        await expect(.addressRefused, "\(target)") { try await egress.send(call) }
                        #expect(server.requests.count == 1)
                    }
                }
            }
            #expect(inside.connections == 0)
        }
    }

    @Test("Redirects are followed up to the number that is allowed, for GET, and for foreign calls only")
    func redirectCount() async throws {
        try await withHTTPDouble(host: "127.0.0.2") { seen in
            let number = Int(seen.path.dropFirst()) ?? 0
            return number == 3
                ? HTTPDouble.Reply(200, text: "there")
                : HTTPDouble.Reply(307, headers: [("Location", "/\(number + 1)")])
        } _: { server in
            try await withEgress(allow("127.0.0.0/8")) { egress in
                let url = server.url + "/0"
                try await expectEqual(Array("there".utf8)) {
                    try await egress.send(request(url, trust: .foreign, redirects: 3)).bytes()
                }
                #expect(server.requests.map(\.path) == ["/0", "/1", "/2", "/3"])
                try await expectEqual(307) { try await egress.send(request(url, trust: .foreign, redirects: 2)).status }
                try await expectEqual(307) { try await egress.send(request(url, trust: .foreign)).status }
                try await expectEqual(307) {
                    try await egress.send(request(url, trust: .configured, redirects: 3)).status
                }
                let post = request(.post, url, body: "x", trust: .foreign, redirects: 3)
                try await expectEqual(307) { try await egress.send(post).status }
            }
        }
    }

    @Test("A redirect in a circle ends")
    func redirectCircle() async throws {
        try await withHTTPDouble(host: "127.0.0.2") { _ in
            HTTPDouble.Reply(301, headers: [("Location", "/")])
        } _: { server in
            try await withEgress(allow("127.0.0.2")) { egress in
                try await expectEqual(301) {
                    try await egress.send(request(server.url, trust: .foreign, redirects: 5)).status
                }
                #expect(server.requests.count == 6)
            }
        }
    }

    @Test("Another origin gets no credentials; the same one keeps them")
    func redirectHeaders() async throws {
        try await withHTTPDouble(host: "127.0.0.2") { _ in
            HTTPDouble.Reply(200)
        } _: { other in
            let target = other.url + "/there"
            try await withHTTPDouble(host: "127.0.0.2") { seen in
                HTTPDouble.Reply(302, headers: [("Location", seen.path == "/first" ? "second" : target)])
            } _: { server in
                try await withEgress(allow("127.0.0.2")) { egress in
                    let headers: HTTPFields = [
                        .authorization: "Bearer k", .cookie: "a=b", HTTPField.Name("X-Api-Key")!: "k",
                        .accept: "image/png",
                    ]
                    let call = request(server.url + "/first", headers: headers, trust: .foreign, redirects: 3)
                    try await expectEqual(200) { try await egress.send(call).status }
                    #expect(server.requests.map(\.path) == ["/first", "/second"])
                    #expect(server.requests.allSatisfy { $0.header("Authorization") == "Bearer k" })
                    let arrived = try #require(other.requests.first)
                    #expect(arrived.header("Accept") == "image/png")
                    for name in ["Authorization", "Cookie", "X-Api-Key"] { #expect(arrived.header(name) == nil) }
                }
            }
        }
    }

    @Test("TLS is not given up in a redirect")
    func downgrade() throws {
        let secure = try EgressURL("https://example.com/a/b?c")
        #expect(try EgressRedirect.target("/x", from: secure) == "https://example.com/x")
        #expect(try EgressRedirect.target("//cdn.example.com/y", from: secure) == "https://cdn.example.com/y")
        #expect(throws: EgressError.self) { try EgressRedirect.target("http://example.com/", from: secure) }
        #expect(throws: EgressError.self) { try EgressRedirect.target("javascript:alert(1)", from: secure) }
        let plain = try EgressURL("http://example.com/a/b?c")
        #expect(try EgressRedirect.target("https://example.com/", from: plain) == "https://example.com/")
    }
}
