import Auth
import HTTPTypes
package import NIOCore
package import Vocabulary

/// The OpenAPI 3.1 document of a set of routes, and a page made of it; both are made once.
package struct OpenAPIDocument: Sendable {
    package let json: ByteBuffer
    package let page: ByteBuffer
    /// The document itself.
    package let value: JSONValue

    package init(_ routes: [RouteDescription], version: String) {
        var components: [String: JSONValue] = [:]
        _ = Problem.schema.document(&components)
        var paths: [String: JSONValue] = [:]
        for (path, operations) in Dictionary(grouping: routes, by: \.path) {
            var item: [String: JSONValue] = [:]
            for operation in operations {
                item[operation.method.rawValue.lowercased()] = Self.operation(operation, &components)
            }
            paths[path] = .object(item)
        }
        var tags: [JSONValue] = []
        for route in routes where !tags.contains(["name": .string(route.tag)]) {
            tags.append(["name": .string(route.tag)])
        }
        value = [
            "openapi": "3.1.0",
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "info": Self.info(version),
            "tags": .array(tags),
            "paths": .object(paths),
            "components": [
                "schemas": .object(components),
                "securitySchemes": [
                    "bearer": [
                        "type": "http", "scheme": "bearer",
                        "description": "A JWT, or an API key: `atl_live_…` or `atl_test_…`.",
                    ]
                ],
            ],
        ]
        var writer = JSONWriter(capacity: 128 << 10)
        writer.value(value)
        json = writer.buffer
        page = ByteBuffer(string: OpenAPIPage(routes: routes, version: version).html)
    }

    private static func info(_ version: String) -> JSONValue {
        [
            "title": "Atelier", "version": .string(version),
            "description": .string(
                """
                Prompts into text, images and video, for many tenants. Unknown fields are ignored, wrong types \
                refused. A JSON body has \(WebAPILimits().maximumBody) bytes at most unless the installation says \
                otherwise. Errors are `application/problem+json`. Every answer carries `X-Request-Id`.
                """),
            "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
        ]
    }

    private static func operation(_ route: RouteDescription, _ components: inout [String: JSONValue]) -> JSONValue {
        var operation: [String: JSONValue] = [
            "operationId": .string(route.name), "summary": .string(route.summary), "tags": [.string(route.tag)],
            "responses": responses(route, &components),
            "security": route.access.needsCredential ? [["bearer": []]] : [],
        ]
        if case .role(let role) = route.access {
            operation["description"] = .string("Needs the role `\(role.rawValue)`.")
        }
        let parameters = route.parameters.map { parameter -> JSONValue in
            var member: [String: JSONValue] = [
                "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
                "required": .bool(parameter.isRequired), "schema": parameter.schema.document(&components),
            ]
            // An empty one counts as absent.
            if parameter.place == .query { member["allowEmptyValue"] = true }
            return .object(member)
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": body.document(&components)]],
            ]
        }
        return .object(operation)
    }

    private static func responses(_ route: RouteDescription, _ components: inout [String: JSONValue]) -> JSONValue {
        var responses: [String: JSONValue] = [:]
        let problem: JSONValue = ["schema": ["$ref": "#/components/schemas/Problem"]]
        for status in route.problemStatuses {
            responses[String(status)] = [
                "description": .string(HTTPResponse.Status(code: status).reasonPhrase),
                "content": [.init(APIAnswer.problemType): problem],
            ]
        }
        for answer in route.answers {
            var content: [String: JSONValue] = [:]
            for (type, schema) in answer.content {
                content[type] = schema.map { ["schema": $0.document(&components)] } ?? .object([:])
            }
            // A status may be a problem too: a health check that fails, and a server that is full.
            if responses[String(answer.status)] != nil { content[APIAnswer.problemType] = problem }
            var response: [String: JSONValue] = ["description": .string(answer.summary)]
            if !content.isEmpty { response["content"] = .object(content) }
            responses[String(answer.status)] = .object(response)
        }
        return .object(responses)
    }
}
