import Auth
import HTTPTypes
import TestKit
import Testing
import Vocabulary
import WebAPI

@Suite("Garbage")
struct GarbageTests {
    /// Bodies made of the schema's own names and of values that may fit or not.
    private static func body(_ schema: Schema, using random: inout SeededGenerator) -> JSONValue {
        guard case .object(let members) = schema.bare.form else { return .random(depth: 3, using: &random) }
        var body: [String: JSONValue] = [:]
        for member in members where member.name != "stream" && Int.random(in: 0...3, using: &random) > 0 {
            body[member.name] = value(member.schema.bare, using: &random)
        }
        return .object(body)
    }

    private static func value(_ schema: Schema, using random: inout SeededGenerator) -> JSONValue {
        if Int.random(in: 0...4, using: &random) == 0 { return .random(depth: 3, using: &random) }
        switch schema.form {
        case .string(let text): return .string(text.values?.randomElement(using: &random) ?? .random(using: &random))
        case .integer: return .int([0, 1, 4, 8, -1, .max, .min, 1_000].randomElement(using: &random) ?? 0)
        case .number: return .double([0, 0.5, 2, -1, 1e300].randomElement(using: &random) ?? 0)
        case .boolean: return .bool(.random(using: &random))
        default: return .random(depth: 3, using: &random)
        }
    }

    @Test("never becomes a 5xx, and every answer to it is in the document", arguments: [1, 2, 3] as [UInt64])
    func bodies(_ seed: UInt64) async throws {
        try await APITestBench.run { bench in
            var random = SeededGenerator(seed: seed)
            let token = try bench.token("a", .platformAdmin)
            for route in WebAPI.routes where route.method != .get && route.access.needsCredential {
                for _ in 0..<12 {
                    let path = route.path.split(separator: "/").map { step in
                        step.hasPrefix("{") ? "x\(UInt8.random(in: 0...9, using: &random))" : String(step)
                    }.joined(separator: "/")
                    let body = route.body.map { Self.body($0, using: &random) } ?? .random(depth: 2, using: &random)
                    let reply = try await bench.call(route.method, "/" + path, token: token, json: body)
                    #expect(reply.status < 500, "\(route.name) \(body): \(reply.text)")
                }
            }
        }
    }

    @Test("in the query is a 400 or is ignored")
    func queries() async throws {
        try await APITestBench.run { bench in
            let token = try bench.token("a", .platformAdmin)
            let values = [
                "", "%00", "%ff", "-1", "99999999999999999999", "a'b;--", "%F0%9F%98%80", "2026-13-45T99:99:99Z", "1e9",
            ]
            for route in WebAPI.routes
            where route.method == .get && route.access.needsCredential && !route.path.contains("{") {
                for parameter in route.parameters where parameter.place == .query {
                    for value in values {
                        let reply = try await bench.call(.get, "\(route.path)?\(parameter.name)=\(value)", token: token)
                        #expect(reply.status == 200 || reply.status == 400, "\(route.path)?\(parameter.name)=\(value)")
                    }
                }
            }
        }
    }
}

extension Schema {
    /// The schema behind its name.
    var bare: Schema { if case .named(_, let schema) = form { schema.bare } else { self } }
}
