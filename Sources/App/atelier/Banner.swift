import Auth
import Server
import Tenants
import Vocabulary

/// What a start prints: the address, a token, and three calls that work when they are pasted.
enum Banner {
    /// The tenant of the token; nobody's in particular.
    static let tenantName = "test-tenant"
    static let tokenLife: Duration = .seconds(24 * 3_600)

    static func text(for server: Server) async -> String {
        let settings = server.rooms.settings
        guard let port = server.port else { return "Atelier \(Server.version) works the queue.\n" }
        let base = settings.localBase(port: port)
        var text = "Atelier \(Server.version) listens on \(base)\n"
        if settings.publicBase(port: port) != base { text += "Links begin with \(settings.publicBase(port: port))\n" }
        switch await token(server.rooms) {
        case .success(let token):
            let isGateway = settings.roles.contains(.gateway)
            text += "\nToken of the tenant \(tenantName), good for a day:\n\(token)\n"
            text += calls(base: base, token: token, isGateway: isGateway)
        case .failure(let reason): text += "\n\(reason.message)\n"
        }
        return text
    }

    private static func token(_ rooms: Rooms) async -> Result<String, CommandFailure> {
        guard let tenant = TenantID(tenantName),
            let issuer = try? TokenIssuer(
                settings: rooms.auth, surroundings: rooms.surroundings)
        else { return .failure(CommandFailure("Tokens come from the issuer that is configured.")) }
        do {
            let known = try await rooms.tenants.find(tenant)
            if known?.suspendedAt != nil {
                return .failure(
                    CommandFailure("The tenant \(tenantName) is suspended, so there is no token for it here."))
            }
            guard known != nil || rooms.settings.openTenants else {
                return .failure(
                    CommandFailure(
                        "ATELIER_OPEN_TENANTS is false: make a tenant with `atelier tenant create NAME`, and a token "
                            + "for it with `atelier token --tenant NAME`."))
            }
            return .success(try issuer.mint(tenant: tenant, subject: "first-start", roles: [.admin], ttl: tokenLife))
        } catch {
            return .failure(CommandFailure(CommandFailure.text(of: error)))
        }
    }

    /// A text; an image; a film, which is asked after until it is there. The last two end with a link for a browser.
    private static func calls(base: String, token: String, isGateway: Bool) -> String {
        let making = base + (isGateway ? "/v1/content/generate" : "/v1/generate")
        let jobs = base + (isGateway ? "/v1/content/jobs" : "/v1/jobs")
        let credential = "-H 'Authorization: Bearer \(token)'"
        func post(_ what: String, _ body: String) -> String {
            "curl -sS \(making)/\(what) \(credential) -H 'Content-Type: application/json' -d '\(body)'"
        }
        func member(_ name: String) -> String { #"sed -E 's/.*"\#(name)":"([^"]+)".*/\1/'"# }
        let text = post("text", #"{"prompt":"Three lines for a coffee that keeps its promise"}"#)
        let image = post("image", #"{"prompt":"A red bicycle in front of a bakery"}"#)
        let video = post("video", #"{"prompt":"Waves at sunrise","duration_seconds":4}"#)
        return """

            A text:
            \(text); echo

            An image, by its link:
            \(image) | \(member("url")); echo

            A film, by its link:
            job=$(\(video) | \(member("job_id"))); while film=$(curl -sS \(jobs)/$job \(credential)) \
            && echo "$film" | grep -qE '"status":"(pending|processing)"'; do sleep 1; done; \
            echo "$film" | \(member("url"))

            """
    }
}
