import Auth
import Content
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Vocabulary

/// A request that has passed the checks of its route, as a handler sees it.
package struct APICall: Sendable {
    let state: APIState
    let request: Request
    let parameters: Parameters
    let requestID: String
    let traceparent: String?
    var principal: Principal?
    /// See `Caller.creationSuffix`.
    var creationSuffix: String?
    /// As they came, for signatures.
    var bytes = ByteBuffer()
    /// Checked against the route's schema.
    var body = RequestMembers([:])
    var rate: RateLimiter.Decision?

    init(state: APIState, request: Request, parameters: Parameters) {
        self.state = state
        self.request = request
        self.parameters = parameters
        requestID = Self.requestID(request.headers[.requestID], state.services.surroundings)
        traceparent = TraceParent.accept(request.headers[.traceparent])
    }

    var services: WebAPIServices { state.services }

    /// - Throws: a 401, which the route's access has ruled out.
    func tenant() throws -> TenantID {
        guard let principal else { throw AuthError.missing }
        return principal.tenant
    }

    func caller() throws -> Caller {
        Caller(
            tenant: try tenant(), isTest: principal?.isTest ?? false, requestID: requestID, traceparent: traceparent,
            sandboxFault: request.headers[.sandboxFault], creationSuffix: creationSuffix)
    }

    /// An id in the path. One that isn't of the kind names nothing.
    func id<Kind: IDKind>(_ name: String, _ kind: Kind.Type = Kind.self) throws -> TypeID<Kind> {
        guard let id = parameters[name[...]].flatMap({ TypeID<Kind>(String($0)) }) else {
            throw Problem(.notFound, "There is nothing of that id.")
        }
        return id
    }

    /// A query parameter; nil when it is absent or empty.
    func query(_ name: String) -> String? {
        guard let value = request.uri.queryParameters[name[...]], !value.isEmpty else { return nil }
        return String(value)
    }

    /// - Throws: a 400 when it isn't one of the choices.
    func query<Choice: CaseIterable & RawRepresentable<String>>(_ name: String, _ type: Choice.Type) throws -> Choice? {
        guard let text = query(name) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        throw bad(name, "must be one of \(type.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// - Throws: a 400 when it isn't an RFC 3339 time.
    func queryMoment(_ name: String) throws -> Timestamp? {
        guard let text = query(name) else { return nil }
        // A plus sign that wasn't encoded arrives as it is, an encoded one decoded.
        guard let moment = Timestamp(text) else { throw bad(name, "must be an RFC 3339 time") }
        return moment
    }

    /// Checks the query parameters of a route, all at once.
    /// - Throws: a 400 with every fault.
    func checkQuery(_ parameters: [RouteDescription.Parameter]) throws {
        var faults: [ContentError.Fault] = []
        for parameter in parameters where parameter.place == .query {
            guard let text = query(parameter.name) else { continue }
            if parameter.name == "cursor" {
                if PageCursor.decode(text) == nil { faults.append(Self.cursorFault) }
            } else if let detail = parameter.schema.fault(ofParameter: text) {
                faults.append(.init(parameter.name, detail))
            }
        }
        guard !faults.isEmpty, faults != [Self.cursorFault] else { return }
        throw Problem(.invalidRequest, Problem.sentence(for: faults), errors: faults)
    }

    private static let cursorFault = ContentError.Fault("cursor", "is not valid")

    func bad(_ name: String, _ detail: String) -> Problem {
        Problem(.invalidRequest, "\(name) \(detail).", errors: [.init(name, detail)])
    }

    /// `limit` and `cursor`.
    /// - Throws: a 400.
    func page() throws -> PageRequest {
        var page = PageRequest()
        if let text = query("limit") {
            guard let limit = Int(text), (1...PageRequest.maximumLimit).contains(limit) else {
                throw bad("limit", "must be 1 to \(PageRequest.maximumLimit)")
            }
            page.limit = limit
        }
        if let text = query("cursor") {
            guard let after = PageCursor.decode(text) else {
                throw Problem(
                    .invalidCursor, "The cursor isn't one that was handed out.",
                    errors: [Self.cursorFault])
            }
            page.after = after
        }
        return page
    }

    /// Taken over when it is visible ASCII of a sane length, else new.
    static func requestID(_ header: String?, _ surroundings: Surroundings) -> String {
        if let header, (1...WebAPILimits.requestIDLength).contains(header.utf8.count),
            header.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        {
            return header
        }
        return surroundings.newID(RequestIDKind.self).text
    }
}

enum RequestIDKind: IDKind { static let prefix = "req" }

/// The members of a body that fits its schema. Null counts as absent.
package struct RequestMembers: Sendable {
    private let members: [String: JSONValue]

    init(_ members: [String: JSONValue]) { self.members = members }

    private subscript(_ name: String) -> JSONValue? {
        switch members[name] {
        case .null?, nil: nil
        case let value?: value
        }
    }

    func text(_ name: String) -> String? { self[name]?.string }

    /// The first of several names for the same thing.
    func text(_ names: String...) -> String? { names.lazy.compactMap { text($0) }.first }

    /// - Throws: a 400, which the schema has ruled out.
    func required(_ name: String) throws -> String {
        guard let text = text(name) else {
            throw Problem(.invalidRequest, "\(name) is required.", errors: [.init("/\(name)", "is required")])
        }
        return text
    }

    func integer(_ names: String...) -> Int? { names.lazy.compactMap { self[$0]?.int.map { Int($0) } }.first }

    func number(_ name: String) -> Double? {
        switch self[name] {
        case .int(let number)?: Double(number)
        case .double(let number)?: number
        default: nil
        }
    }

    func flag(_ name: String) -> Bool? {
        guard case .bool(let flag)? = self[name] else { return nil }
        return flag
    }

    func texts(_ name: String) -> [String]? { self[name]?.array?.compactMap(\.string) }

    func json(_ name: String) -> JSONValue? { self[name] }

    func moment(_ name: String) -> Timestamp? { text(name).flatMap { Timestamp($0) } }

    func choice<Choice: RawRepresentable<String>>(_ name: String, _ type: Choice.Type = Choice.self) -> Choice? {
        text(name).flatMap { Choice(rawValue: $0) }
    }

    func choices<Choice: RawRepresentable<String>>(_ name: String, _ type: Choice.Type = Choice.self) -> [Choice]? {
        texts(name)?.compactMap { Choice(rawValue: $0) }
    }
}
