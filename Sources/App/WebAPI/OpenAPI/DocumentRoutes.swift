import HTTPTypes

/// The API's own description.
enum DocumentRoutes {
    static let tag = "Documentation"

    static let routes = [document, page]

    static let document = Route(
        RouteDescription(
            .get, "/openapi.json", "openAPI", "This document: OpenAPI 3.1", tag: tag, face: .common, access: .open,
            answers: [.json(200, "The document.", .object(.required("openapi", .string())))])
    ) { call in
        APIAnswer.json(.ok, call.state.document.json).with(.cacheControl, "no-cache")
    }

    static let page = Route(
        RouteDescription(
            .get, "/docs", "docs", "The document as a page", tag: tag, face: .common, access: .open,
            answers: [.other(200, "The page.", "text/html; charset=utf-8")])
    ) { call in
        APIAnswer(.ok, headers: [.contentType: "text/html; charset=utf-8"], body: .bytes(call.state.document.page))
            .with(
                .contentSecurityPolicy,
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
    }
}
