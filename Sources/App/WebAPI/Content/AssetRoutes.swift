import Content
import Engines
import HTTPTypes
import HummingbirdCore
import NIOCore
import ObjectStorage
import Vocabulary

/// Stored files, on the gateway's face.
enum AssetRoutes {
    static let tag = "Assets"
    static let assetID = RouteDescription.Parameter.path("asset_id", .id(AssetKind.self))
    static let range = RouteDescription.Parameter.header("Range", .string(), "One range of bytes.")

    static let routes = [list, show, content, delete]

    static let schema = Schema.object(
        .required("id", .id(AssetKind.self)),
        .required("type", .one(of: Modality.self)),
        .required("tenant_id", .tenantID),
        .required("url", .string(.uri), "A signed link that expires."),
        .required("storage_path", .string()),
        .required("content_type", .string()),
        .required("size", .integer(), "In bytes."),
        .required("sha256", .string()),
        .required("width", Schema.integer().orNull),
        .required("height", Schema.integer().orNull),
        .required("duration_seconds", Schema.number().orNull),
        .required("model", .string()),
        .required("engine", .string()),
        .required("job_id", Schema.id(ContentJobKind.self).orNull),
        .required("created_at", .moment)
    ).named("Asset")

    static let list = Route(
        RouteDescription(
            .get, "/v1/content/assets", "listAssets", "The tenant's files, newest first", tag: tag, face: .gateway,
            parameters: [JobRoutes.limit, JobRoutes.cursor, .query("type", .one(of: Modality.self), "Only those.")],
            answers: [.json(200, "One page.", .wrappedList(schema))])
    ) { call in
        let page = try await call.services.content.assets(
            try call.tenant(), kind: try call.query("type", Modality.self), try call.page())
        var linked: [(Asset, String)] = []
        for asset in page.items { linked.append((asset, try await call.services.content.link(to: asset))) }
        return .page(Page(items: linked, next: page.next), isWrapped: true) { $1.0.write(&$0, url: $1.1) }
    }

    static let show = Route(
        RouteDescription(
            .get, "/v1/content/assets/{asset_id}", "getAsset", "What is known of a file, with a fresh link", tag: tag,
            face: .gateway, parameters: [assetID], answers: [.json(200, "The file.", .wrapped(schema))])
    ) { call in
        let asset = try await call.services.content.asset(try call.tenant(), try call.id("asset_id"))
        let url = try await call.services.content.link(to: asset)
        return .data { asset.write(&$0, url: url) }
    }

    static let content = Route(
        RouteDescription(
            .get, "/v1/content/assets/{asset_id}/content", "getAssetContent", "The bytes of a file", tag: tag,
            face: .gateway, parameters: [assetID, range],
            answers: [
                .other(200, "All of it.", "*/*"),
                .other(206, "The range.", "*/*"),
                .empty(304, "`If-None-Match` has it."),
            ], problems: [416])
    ) { call in
        let asset = try await call.services.content.asset(try call.tenant(), try call.id("asset_id"))
        let file = FileAnswer(
            size: asset.size, sha256: asset.sha256, contentType: asset.contentType,
            name: ObjectKey(asset.storagePath)?.file ?? asset.id.text)
        return try await file.answer(call.request.headers) { range in
            try await call.services.content.read(asset, range: range)
        }
    }

    static let delete = Route(
        RouteDescription(
            .delete, "/v1/content/assets/{asset_id}", "deleteAsset", "Deletes a file", tag: tag, face: .gateway,
            parameters: [assetID], answers: [.empty(204, "It is gone.")])
    ) { call in
        try await call.services.content.deleteAsset(try call.tenant(), try call.id("asset_id"))
        return APIAnswer(.noContent)
    }
}

extension Asset {
    func write(_ writer: inout JSONWriter, url: String) {
        writer.member("id", id.text)
        writer.member("type", kind.rawValue)
        writer.member("tenant_id", tenant.name)
        writer.member("url", url)
        writer.member("storage_path", storagePath)
        writer.member("content_type", contentType)
        writer.member("size", size)
        writer.member("sha256", sha256)
        writer.member("width", orNull: width)
        writer.member("height", orNull: height)
        writer.member("duration_seconds", orNull: durationSeconds)
        writer.member("model", model)
        writer.member("engine", engine)
        writer.member("job_id", orNull: job?.text)
        writer.member("created_at", createdAt)
    }
}
