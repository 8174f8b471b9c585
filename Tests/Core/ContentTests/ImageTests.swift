import Content
import Engines
import Media
import NIOCore
import ObjectStorage
import TestKit
import Testing
import Vocabulary

@Suite("Images")
struct ImageTests {
    @Test("an image is stored before it is answered, in the size that was asked for")
    func stored() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let record = try await bench.content.generateImage(
            caller,
            ImageGeneration(prompt: "Rye bread", model: "dall-e-3", size: "1792x1024", promptType: .productImage))
        #expect(record.resolution == "1792x1024")
        #expect(record.asset.storagePath.hasPrefix("tenants/acme/images/"))
        let reading = try await bench.content.read(record.asset, range: nil)
        var bytes: [UInt8] = []
        for try await chunk in reading.body { bytes += chunk.readableBytesView }
        #expect(Int64(bytes.count) == record.asset.size)
        #expect(MediaProbe.imageSize(of: bytes) == PixelSize(width: 1792, height: 1024))
        #expect(try await bench.content.asset(caller.tenant, record.asset.id) == record.asset)
    }

    @Test("a size that the model doesn't have is refused, with the sizes that it has")
    func badSize() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        do {
            _ = try await bench.content.generateImage(
                caller, ImageGeneration(prompt: "Rye", model: "dall-e-3", size: "512x512", style: "loud"))
            Issue.record("taken")
        } catch ContentError.invalid(let faults) {
            #expect(faults.map(\.pointer) == ["/resolution", "/style"])
            #expect(faults.first?.detail.contains("1792x1024") == true)
        }
    }

    @Test("what is no image is never stored", arguments: ["garbage", "truncated"])
    func garbage(fault: String) async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"), fault: fault)
        do {
            _ = try await bench.content.generateImage(caller, ImageGeneration(prompt: "Rye"))
            Issue.record("made")
        } catch ContentError.engine(let error, _) {
            #expect([.generationFailed, .assetDownloadFailed].contains(error.code))
        }
        #expect(try await bench.storage.list(caller.tenant, prefix: "", page: PageRequest()).items.isEmpty)
        #expect(try await bench.content.assets(caller.tenant, kind: nil, PageRequest()).items.isEmpty)
    }

    @Test("a queued image completes as a job")
    func queued() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let job = try await bench.content.queueImage(
            caller, ImageGeneration(prompt: "Rye", model: "sandbox", size: "256x256"))
        #expect(job.status == .pending)
        let ended = try await bench.working { try await bench.wait(caller.tenant, job.id) }
        #expect(ended.status == .completed)
        #expect(ended.asset?.width == 256)
        #expect(ended.progress == 100)
        #expect(ended.attempts.count == 1)
    }

    @Test("a deleted image is gone, file and all")
    func deleted() async throws {
        let bench = try await ContentBench()
        let caller = Caller(try tenant("acme"))
        let record = try await bench.content.generateImage(
            caller, ImageGeneration(prompt: "Rye", model: "sandbox", size: "128x128"))
        try await bench.content.deleteAsset(caller.tenant, record.asset.id)
        await #expect(throws: ContentError.self) { try await bench.content.asset(caller.tenant, record.asset.id) }
        #expect(try await bench.storage.list(caller.tenant, prefix: "", page: PageRequest()).items.isEmpty)
    }

    @Test("another tenant's image isn't there")
    func isolation() async throws {
        let bench = try await ContentBench()
        let record = try await bench.content.generateImage(
            Caller(try tenant("acme")), ImageGeneration(prompt: "Rye", model: "sandbox", size: "128x128"))
        let other = try tenant("acme-2")
        await #expect(throws: ContentError.self) { try await bench.content.asset(other, record.asset.id) }
        await #expect(throws: ContentError.self) { try await bench.content.deleteAsset(other, record.asset.id) }
        #expect(try await bench.content.assets(other, kind: nil, PageRequest()).items.isEmpty)
    }
}
