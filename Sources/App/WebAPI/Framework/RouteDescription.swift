package import Auth
package import HTTPTypes
import Vocabulary

/// A route as data. The router, the checks of a request, the OpenAPI document and the walk over all routes in the
/// suites are made from the same value.
package struct RouteDescription: Sendable {
    /// Who may call it.
    package enum Access: Sendable, Hashable {
        /// Anyone.
        case open
        /// Whoever has a link that we signed.
        case signedLink
        /// Whoever signed the body with the callback secret.
        case signedCallback
        /// A verified credential.
        case tenant
        /// A verified credential with that role, or a stronger one.
        case role(Role)

        package var needsCredential: Bool {
            switch self {
            case .open, .signedLink, .signedCallback: false
            case .tenant, .role: true
            }
        }
    }

    /// Which processes serve it.
    package enum Face: Sendable, Hashable, CaseIterable {
        /// The role `gateway`.
        case gateway
        /// The role `generation`.
        case generation
        /// Every process that listens.
        case common
    }

    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case path, query, header }

        package var name: String
        package var place: Place
        package var schema: Schema
        package var isRequired: Bool

        package static func path(_ name: String, _ schema: Schema, _ summary: String? = nil) -> Parameter {
            Parameter(
                name: name, place: .path, schema: summary.map(schema.described) ?? schema, isRequired: true)
        }

        package static func query(_ name: String, _ schema: Schema, _ summary: String) -> Parameter {
            Parameter(name: name, place: .query, schema: schema.described(summary), isRequired: false)
        }

        package static func header(_ name: String, _ schema: Schema, _ summary: String) -> Parameter {
            Parameter(name: name, place: .header, schema: schema.described(summary), isRequired: false)
        }
    }

    package struct Answer: Sendable {
        package var status: Int
        package var summary: String
        /// Media type and form; the form is nil for what isn't JSON.
        package var content: [(type: String, schema: Schema?)]

        package static func json(_ status: Int, _ summary: String, _ schema: Schema) -> Answer {
            Answer(status: status, summary: summary, content: [("application/json", schema)])
        }

        package static func empty(_ status: Int, _ summary: String) -> Answer {
            Answer(status: status, summary: summary, content: [])
        }

        package static func other(_ status: Int, _ summary: String, _ type: String) -> Answer {
            Answer(status: status, summary: summary, content: [(type, nil)])
        }

        package func or(_ type: String) -> Answer {
            var copy = self
            copy.content.append((type, nil))
            return copy
        }
    }

    /// How long a request that carries an `Idempotency-Key` may be at work before another may take over.
    package enum Repeatability: Sendable {
        /// The key isn't read.
        case none
        /// One or two transactions.
        case brief
        /// The deadline of a text, of an image.
        case text, image
    }

    package var method: HTTPRequest.Method
    /// `/v1/content/jobs/{job_id}`.
    package var path: String
    /// `getContentJob`: the operation's id in the document, and its name in metrics.
    package var name: String
    package var summary: String
    package var tag: String
    package var face: Face
    package var access: Access
    package var parameters: [Parameter]
    package var body: Schema?
    package var answers: [Answer]
    /// Statuses of problems besides those that follow from the rest.
    package var problems: [Int]
    package var repeatability: Repeatability

    package init(
        _ method: HTTPRequest.Method, _ path: String, _ name: String, _ summary: String, tag: String, face: Face,
        access: Access = .tenant, parameters: [Parameter] = [], body: Schema? = nil, answers: [Answer],
        problems: [Int] = [], repeatability: Repeatability = .none
    ) {
        self.method = method
        self.path = path
        self.name = name
        self.summary = summary
        self.tag = tag
        self.face = face
        self.access = access
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
        self.repeatability = repeatability
    }

    package var isIdempotent: Bool { repeatability != .none }

    /// The statuses of all problems that it may answer, in order.
    package var problemStatuses: [Int] {
        var statuses: Set<Int> = [500, 503]
        statuses.formUnion(problems)
        if access.needsCredential { statuses.formUnion([401, 403, 429]) }
        if access == .signedLink { statuses.insert(403) }
        if access == .signedCallback { statuses.insert(401) }
        if method == .post || method == .patch || method == .put { statuses.formUnion([400, 408, 413, 415]) }
        if parameters.contains(where: { $0.place == .query }) { statuses.insert(400) }
        if parameters.contains(where: { $0.place == .path }) { statuses.insert(404) }
        if isIdempotent { statuses.formUnion([409, 422]) }
        return statuses.sorted()
    }
}

/// A route and what it does.
package struct Route: Sendable {
    package typealias Handler = @Sendable (APICall) async throws -> APIAnswer

    package var description: RouteDescription
    package var handler: Handler

    package init(_ description: RouteDescription, _ handler: @escaping Handler) {
        self.description = description
        self.handler = handler
    }
}
