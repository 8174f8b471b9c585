import HTTPTypes
import Testing
import Vocabulary
import WebAPI

@Suite("The OpenAPI document")
struct OpenAPITests {
    private let document = OpenAPIDocument(WebAPI.routes, version: "1").value

    private func operations() -> [(path: String, method: String, operation: JSONValue)] {
        guard case .object(let paths)? = document["paths"] else { return [] }
        return paths.flatMap { path, item -> [(path: String, method: String, operation: JSONValue)] in
            guard case .object(let operations) = item else { return [] }
            return operations.map { (path: path, method: $0.key, operation: $0.value) }
        }
    }

    @Test("has every route, each once, with a name of its own, a summary and answers")
    func everyRoute() {
        let operations = operations()
        #expect(operations.count == WebAPI.routes.count)
        #expect(Set(operations.compactMap { $0.operation["operationId"]?.string }).count == operations.count)
        for (path, method, operation) in operations {
            #expect(operation["summary"]?.string?.isEmpty == false, "\(method) \(path)")
            guard case .object(let responses)? = operation["responses"] else {
                Issue.record("\(method) \(path) has no responses")
                continue
            }
            #expect(responses.keys.contains { $0.hasPrefix("2") }, "\(method) \(path)")
            #expect(responses["500"] != nil && responses["503"] != nil)
            for (status, response) in responses where (Int(status) ?? 0) >= 400 {
                #expect(response["content"]?["application/problem+json"] != nil, "\(method) \(path) \(status)")
            }
        }
    }

    @Test("declares the parameters of every path, and the key where repeats are safe")
    func parameters() {
        for (path, method, operation) in operations() {
            let declared = (operation["parameters"]?.array ?? []).filter { $0["in"] == "path" }.compactMap {
                $0["name"]?.string
            }
            let named = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            #expect(Set(declared) == Set(named), "\(method) \(path)")
        }
        for route in WebAPI.routes where route.isIdempotent {
            #expect(route.parameters.contains { $0.name == "Idempotency-Key" }, "\(route.name)")
            #expect(route.method == .post && route.access.needsCredential)
        }
    }

    @Test("refers to nothing that it doesn't have, and has nothing that isn't referred to")
    func references() {
        var found: Set<String> = []
        func walk(_ value: JSONValue) {
            switch value {
            case .object(let members):
                if let reference = members["$ref"]?.string {
                    found.insert(String(reference.split(separator: "/").last ?? ""))
                }
                members.values.forEach(walk)
            case .array(let items): items.forEach(walk)
            default: break
            }
        }
        walk(document)
        guard case .object(let schemas)? = document["components"]?["schemas"] else {
            Issue.record("no schemas")
            return
        }
        #expect(found == Set(schemas.keys))
        #expect(!schemas.values.contains(.null))
    }

    @Test("has examples that fit")
    func examples() {
        let checker = DocumentChecker(document: document)
        func walk(_ value: JSONValue) {
            switch value {
            case .object(let members):
                for example in (members["examples"]?.array ?? []) + [members["default"] ?? .null] where example != .null
                {
                    #expect(checker.faults(in: example, against: value) == [])
                }
                for (name, member) in members {
                    if name == "properties", case .object(let properties) = member {
                        properties.values.forEach(walk)
                    } else {
                        walk(member)
                    }
                }
            case .array(let items): items.forEach(walk)
            default: break
            }
        }
        walk(document)
    }

    @Test("lists only what a process serves")
    func faces() {
        let generation = WebAPI.routes.filter { $0.face != .gateway }
        #expect(
            generation.contains { $0.path == "/v1/generate/text" }
                && !generation.contains { $0.path == "/v1/content/jobs" })
        #expect(generation.contains { $0.path == "/health/live" })
    }
}
