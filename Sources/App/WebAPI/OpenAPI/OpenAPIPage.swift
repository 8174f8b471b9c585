import Auth
import HTTPTypes
import Vocabulary

/// The description of the API as one HTML page, without scripts and without anything from elsewhere.
struct OpenAPIPage {
    var routes: [RouteDescription]
    var version: String

    var html: String {
        var tags: [String] = []
        for route in routes where !tags.contains(route.tag) { tags.append(route.tag) }
        let sections = tags.map { tag in
            "<h2>\(Self.escaped(tag))</h2>" + routes.filter { $0.tag == tag }.map(section).joined()
        }
        return """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><title>Atelier API</title>
            <meta name="viewport" content="width=device-width"><style>\(Self.style)</style></head><body>
            <h1>Atelier API <small>\(Self.escaped(version))</small></h1>
            <p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Send <code>Authorization: Bearer …</code> \
            with a token or an API key.</p>
            \(sections.joined(separator: "\n"))
            <h2>Problems</h2><p>Errors are <code>application/problem+json</code>. An engine's error keeps the engine's \
            code; these are ours:</p><table>\(Problem.Code.allCases.map(problem).joined())</table>
            </body></html>
            """
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
        code{font:.9em ui-monospace,monospace;background:#f3f3f3;padding:0 .2em}
        details{border-top:1px solid #ddd;padding:.4rem 0}summary{cursor:pointer}
        table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #ddd;padding:.2rem .6rem;\
        text-align:left;vertical-align:top}.m{display:inline-block;min-width:4.5rem;font-weight:600}small{color:#777}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#2a2a2a}\
        td,th,details{border-color:#444}\
        a{color:#8ab4f8}}
        """

    private func section(_ route: RouteDescription) -> String {
        var html = """
            <details id="\(route.name)"><summary><span class="m">\(route.method.rawValue)</span> \
            <code>\(Self.escaped(route.path))</code> \(Self.escaped(route.summary))</summary>
            <p>\(access(route))</p>
            """
        if !route.parameters.isEmpty {
            html += "<h4>Parameters</h4><table>"
            for parameter in route.parameters {
                html += Self.row(parameter.name, parameter.place.rawValue, parameter.schema)
            }
            html += "</table>"
        }
        if let body = route.body { html += "<h4>Body</h4>" + Self.table(body) }
        for answer in route.answers {
            html += "<h4>\(answer.status) \(Self.escaped(answer.summary))</h4>"
            for (type, schema) in answer.content {
                html += "<p><code>\(Self.escaped(type))</code></p>" + (schema.map(Self.table) ?? "")
            }
        }
        let problems = route.problemStatuses.map(String.init).joined(separator: ", ")
        return html + "<p>Problems: \(problems).</p></details>"
    }

    private func access(_ route: RouteDescription) -> String {
        switch route.access {
        case .open: "No credential is needed."
        case .signedLink: "By a link that the API has signed."
        case .signedCallback: "Signed by Standard Webhooks with the callback secret."
        case .tenant: "With a credential."
        case .role(let role): "With a credential of the role <code>\(role.rawValue)</code>."
        }
    }

    private func problem(_ code: Problem.Code) -> String {
        """
        <tr id="problem-\(code.rawValue)"><td><code>\(code.rawValue)</code></td><td>\(code.status)</td>\
        <td>\(code.isRetryable ? "may succeed later" : "")</td></tr>
        """
    }

    private static func table(_ schema: Schema) -> String {
        switch schema.form {
        case .named(_, let inner): return table(inner)
        case .object(let members):
            return "<table>" + members.map { row($0.name, $0.isRequired ? "required" : "", $0.schema) }.joined()
                + "</table>"
        default: return "<p>\(escaped(schema.shape))</p>"
        }
    }

    private static func row(_ name: String, _ note: String, _ schema: Schema) -> String {
        """
        <tr><td><code>\(escaped(name))</code></td><td>\(note)</td><td>\(escaped(schema.shape))</td>\
        <td>\(escaped(schema.summary ?? ""))</td></tr>
        """
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { html, character in
            switch character {
            case "&": html += "&amp;"
            case "<": html += "&lt;"
            case ">": html += "&gt;"
            case "\"": html += "&quot;"
            default: html.append(character)
            }
        }
    }
}

extension Schema {
    /// The form in a few words.
    fileprivate var shape: String {
        switch form {
        case .any: "any"
        case .boolean: "boolean"
        case .integer(let range): "integer" + (range.map { " \($0.lowerBound)…\($0.upperBound)" } ?? "")
        case .number(let range): "number" + (range.map { " \($0.lowerBound)…\($0.upperBound)" } ?? "")
        case .string(let text): text.values.map { $0.joined(separator: " | ") } ?? "string"
        case .array(let items, _): "array of \(items.shape)"
        case .object(let members): "object: " + members.map(\.name).joined(separator: ", ")
        case .map(let values): "object of \(values.shape)"
        case .named(let name, _): name
        }
    }
}
