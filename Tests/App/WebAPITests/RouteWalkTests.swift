import Auth
import HTTPTypes
import TestKit
import Testing
import Vocabulary
import WebAPI

/// Every registered route, called without a credential, with another tenant's, and with another tenant's ids. A new
/// route is walked by itself; one with a new parameter or a body of its own has to be told here what to send.
@Suite("The route walk")
struct RouteWalkTests {
    /// What the first tenant owns.
    struct Belongings: Sendable {
        var ids: [String: String] = [:]

        /// The path with the ids in it; nil when a parameter isn't known here.
        func path(_ template: String) -> String? {
            let steps = template.split(separator: "/").map { step -> String? in
                step.hasPrefix("{") ? ids[String(step.dropFirst().dropLast())] : String(step)
            }
            return steps.contains(nil) ? nil : "/" + steps.compactMap { $0 }.joined(separator: "/")
        }
    }

    private static let bodies: [String: JSONValue] = [
        "generateText": ["prompt": "x"], "improvePrompt": ["prompt": "x"],
        "generateImage": ["prompt": "x", "async": true],
        "generateVideo": ["prompt": "x"], "serviceText": ["prompt": "x"], "serviceImprovePrompt": ["prompt": "x"],
        "serviceImage": ["prompt": "x"], "serviceVideo": ["prompt": "x"], "resolveJob": ["as": "failed"],
        "videoComplete": ["job_id": "job_01h455vb4pex5vsknk084sn02q", "status": "failed", "tenant_id": "owner"],
        "createWebhookEndpoint": ["url": "https://example.com/other"], "updateWebhookEndpoint": ["enabled": false],
        "createAPIKey": ["name": "other"], "createTenant": ["name": "made"],
    ]

    /// Ids in a path that belong to a tenant: another's are absent.
    private static let owned: Set<String> = ["job_id", "asset_id", "endpoint_id", "delivery_id", "key_id"]

    private static func belongings(_ bench: APITestBench) async throws -> Belongings {
        let token = try bench.token("owner", .admin)
        var made = Belongings()
        let image = try await bench.call(.post, "/v1/content/generate/image", token: token, json: ["prompt": "x"])
        made.ids["asset_id"] = image.data["asset_id"]?.string
        let parts = (image.data["storage_path"]?.string ?? "").split(separator: "/").map(String.init)
        for (name, index) in [("tenant", 1), ("category", 2), ("file", 3)] where parts.count == 4 {
            made.ids[name] = parts[index]
        }
        let video = try await bench.call(.post, "/v1/content/generate/video", token: token, json: ["prompt": "x"])
        made.ids["job_id"] = video.data["job_id"]?.string
        let endpoint = try await bench.call(
            .post, "/v1/webhooks/endpoints", token: token, json: ["url": "https://example.com/hook"])
        made.ids["endpoint_id"] = endpoint.json["id"]?.string
        let delivery = try await bench.call(
            .post, "/v1/webhooks/endpoints/\(made.ids["endpoint_id"] ?? "")/test", token: token)
        made.ids["delivery_id"] = delivery.json["id"]?.string
        let key = try await bench.call(.post, "/v1/api-keys", token: token, json: ["name": "own"])
        made.ids["key_id"] = key.json["id"]?.string
        try #require(made.ids.count == 8, "\(made.ids)")
        return made
    }

    private static func ownedParameters(_ route: RouteDescription) -> Set<String> {
        Set(route.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) })
            .intersection(owned)
    }

    @Test("knows what to send to every route")
    func covers() {
        let everything = Belongings(
            ids: Dictionary(uniqueKeysWithValues: Self.owned.union(["tenant", "category", "file"]).map { ($0, "x") }))
        for route in WebAPI.routes {
            #expect(
                everything.path(route.path) != nil, "\(route.name): the walk doesn't know a parameter of \(route.path)")
            #expect((route.body == nil) == (Self.bodies[route.name] == nil), "\(route.name): what is to be sent?")
        }
        #expect(WebAPI.routes.count == Set(WebAPI.routes.map { "\($0.method) \($0.path)" }).count)
    }

    @Test("without a credential: 401 where one is needed, and nothing of a tenant where none is")
    func withoutCredential() async throws {
        try await APITestBench.run { bench in
            let made = try await Self.belongings(bench)
            for route in WebAPI.routes {
                let path = try #require(made.path(route.path))
                let reply = try await bench.call(route.method, path, json: Self.bodies[route.name])
                switch route.access {
                case .tenant, .role, .signedCallback: #expect(reply.status == 401, "\(route.name)")
                case .signedLink: #expect(reply.status == 403, "\(route.name)")
                case .open:
                    #expect(reply.status == 200, "\(route.name)")
                    #expect(!made.ids.values.contains { $0.contains("_") && reply.text.contains($0) }, "\(route.name)")
                }
            }
        }
    }

    @Test("with another tenant's credential: the first tenant's things don't exist, and stay as they are")
    func otherTenant() async throws {
        try await APITestBench.run { bench in
            let made = try await Self.belongings(bench)
            let owner = try bench.token("owner", .admin)
            let before = try await Self.state(made, owner, bench)
            for roles: [Role] in [[], [.admin], [.platformAdmin]] {
                let token = try bench.token("other", roles)
                for route in WebAPI.routes where route.access.needsCredential {
                    let path = try #require(made.path(route.path))
                    let reply = try await bench.call(route.method, path, token: token, json: Self.bodies[route.name])
                    if case .role(let role) = route.access, !Self.has(roles, role) {
                        #expect(reply.status == 403 && reply.code == "forbidden", "\(route.name)")
                    } else if !Self.ownedParameters(route).isEmpty {
                        #expect(reply.status == 404, "\(route.name): \(reply.text)")
                    } else {
                        #expect(
                            (200..<300).contains(reply.status) || reply.status == 409, "\(route.name): \(reply.text)")
                    }
                    let leaked = Self.owned.compactMap { made.ids[$0] }.filter {
                        reply.text.contains($0) && reply.status != 404
                    }
                    #expect(leaked.isEmpty, "\(route.name) tells \(leaked)")
                }
            }
            #expect(try await Self.state(made, owner, bench) == before)
        }
    }

    @Test("naming another tenant is refused, in the query and in the body")
    func otherTenantNamed() async throws {
        try await APITestBench.run { bench in
            let made = try await Self.belongings(bench)
            let token = try bench.token("owner", .platformAdmin)
            for route in WebAPI.routes where route.access.needsCredential {
                let path = try #require(made.path(route.path))
                let inQuery = try await bench.call(
                    route.method, path + "?tenant_id=other", token: token, json: Self.bodies[route.name])
                #expect(inQuery.status == 403 && inQuery.code == "tenant_mismatch", "\(route.name)")
                guard [.post, .patch, .put].contains(route.method) else { continue }
                for rest: JSONValue in [[:], Self.bodies[route.name] ?? [:]] {
                    guard case .object(var members) = rest else { continue }
                    members["tenant_id"] = "other"
                    let inBody = try await bench.call(route.method, path, token: token, json: .object(members))
                    #expect(inBody.status == 403 && inBody.code == "tenant_mismatch", "\(route.name)")
                }
            }
        }
    }

    private static func has(_ roles: [Role], _ role: Role) -> Bool {
        switch role {
        case .member: true
        case .admin: roles.contains(.admin) || roles.contains(.platformAdmin)
        case .platformAdmin: roles.contains(.platformAdmin)
        }
    }

    /// What the owner sees of what it owns, without links, which are new each time.
    private static func state(_ made: Belongings, _ owner: String, _ bench: APITestBench) async throws -> [JSONValue] {
        let paths = [
            "/v1/content/jobs/\(made.ids["job_id"] ?? "")", "/v1/content/assets/\(made.ids["asset_id"] ?? "")",
            "/v1/webhooks/endpoints", "/v1/webhooks/deliveries", "/v1/api-keys",
        ]
        var state: [JSONValue] = []
        for path in paths {
            let reply = try await bench.call(.get, path, token: owner)
            guard case .object(var members) = reply.data else {
                state.append(reply.data)
                continue
            }
            members["url"] = nil
            state.append(.object(members))
        }
        return state
    }
}
