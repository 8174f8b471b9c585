import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import ObjectStorage
import Vocabulary

/// The links that answers carry, where the storage is ours to serve.
enum FileRoutes {
    static let routes = [download]

    static let download = Route(
        RouteDescription(
            .get, "/v1/files/tenants/{tenant}/{category}/{file}", "downloadFile", "A file, by a signed link",
            tag: "Assets",
            face: .common, access: .signedLink,
            parameters: [
                .path("tenant", .tenantID), .path("category", .one(of: ObjectKey.Category.self)),
                .path("file", .string(1...ObjectKey.maximumFileLength)),
                .query("expires", .string(1...20), "Of the link."),
                .query("signature", .string(1...100), "Of the link."),
                AssetRoutes.range,
            ],
            answers: [
                .other(200, "All of it.", "*/*"),
                .other(206, "The range.", "*/*"),
                .empty(304, "`If-None-Match` has it."),
            ], problems: [416])
    ) { call in
        let path = ["tenant", "category", "file"].map { String(call.parameters[$0[...]] ?? "") }
        let key = call.services.linkSigner?.verify(
            "tenants/" + path.joined(separator: "/"), expires: call.query("expires") ?? "",
            signature: call.query("signature") ?? "", now: call.state.now)
        guard let key else { throw Problem(.invalidLink, "The link isn't valid, or has expired.") }
        guard let info = try await call.services.storage.head(key) else { throw ObjectStorageError.notFound(key) }
        let file = FileAnswer(size: info.size, sha256: info.sha256, contentType: info.contentType, name: key.file)
        return try await file.answer(call.request.headers) { try await call.services.storage.get(key, range: $0) }
    }
}
