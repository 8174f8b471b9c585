import Egress
import Engines
import HTTPTypes
import Vocabulary

extension Checkup {
    /// Whether the server can listen, or does already.
    func port() async -> Finding {
        let port = settings.listeningPort
        do {
            _ = try PortReservation(port, host: settings.host)
            return .good(port == 0 ? "Any free port will do." : "Port \(port) on \(settings.host) is free.")
        } catch let error as ServerError {
            guard case .portBusy = error else { return .bad(error.description) }
            let status = try? await get(settings.localBase(port: port) + "/health/live", key: nil)
            return status == 200
                ? .good("A server answers on port \(port) already.") : .bad(error.description)
        } catch {
            return .bad("\(error)")
        }
    }

    /// Asks every configured engine for its models.
    func engines() async -> [Finding] {
        let engines = settings.engines
        var asked: [(name: String, base: String, key: Secret?)] = []
        if let key = engines.openAIKey { asked.append((EngineSettings.openAIName, engines.openAIBaseURL, key)) }
        asked += engines.localEngines.map { ($0.name, $0.baseURL, engines.localKey) }
        guard !asked.isEmpty else {
            return [.good("No engine is configured: the sandbox answers. Set OPENAI_API_KEY or ATELIER_LOCAL_ENGINES.")]
        }
        var findings: [Finding] = []
        for (name, base, key) in asked { findings.append(await engine(name, base, key)) }
        return findings
    }

    private func engine(_ name: String, _ base: String, _ key: Secret?) async -> Finding {
        do {
            let address = (base.hasSuffix("/") ? String(base.dropLast()) : base) + "/models"
            switch try await get(address, key: key) {
            case 200..<300: return .good("The engine \(name) answers.")
            case 401, 403: return .bad("The engine \(name) doesn't accept its key: set the right one.")
            case let status:
                return .bad("The engine \(name) answers \(status) when asked for its models at \(address).")
            }
        } catch let error as EgressError {
            return .bad("The engine \(name) can't be reached: \(error.detail).")
        } catch {
            return .bad("The engine \(name) can't be reached: \(error).")
        }
    }

    private func get(_ url: String, key: Secret?) async throws -> Int {
        var headers: HTTPFields = [:]
        if let key { headers[.authorization] = "Bearer \(key.reveal())" }
        let response = try await egress.send(
            EgressRequest(
                .get, url, headers: headers, trust: .configured,
                deadlines: EgressDeadlines(connect: .seconds(2), firstByte: Self.patience, whole: Self.patience),
                maximumBodySize: 4 << 20))
        _ = try await response.bytes()
        return response.status
    }
}
