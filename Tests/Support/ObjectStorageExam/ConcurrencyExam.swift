import NIOCore
import ObjectStorage
import Vocabulary

extension ObjectStorageExam {
    func concurrentPuts() async throws {
        let key = try key(try newTenant(), .images, "a.png")
        // All versions have the same length, half of them another content type.
        func version(_ number: Int) -> String { String(repeating: "\(number)", count: 100_000) }
        _ = try await storage.put(key, contentType: "type/0", maximumSize: 1 << 20, body: Chunks([version(0)]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                let content = version(number)
                group.addTask { [storage] in
                    for _ in 0..<4 {
                        _ = try await storage.put(
                            key, contentType: "type/\(number)", maximumSize: 1 << 20, body: Chunks([content]))
                    }
                }
            }
            for _ in 0..<4 {
                group.addTask { [storage] in
                    for _ in 0..<20 {
                        let reading = try await storage.get(key, range: nil)
                        let bytes = try await text(reading)
                        let number = bytes.prefix(1)
                        try expect(
                            bytes.count == 100_000 && bytes.allSatisfy { String($0) == number },
                            "the bytes are of one put")
                        try expectEqual(reading.info.contentType, "type/\(number)", "the content type")
                    }
                }
            }
            try await group.waitForAll()
        }
        try expectEqual(try await all(key.tenant).count, 1, "the number of objects")
    }

    func large() async throws {
        let key = try key(try newTenant(), .videos, "film.mp4")
        let piece = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        let count = 32
        let counter = Counter(count, piece)
        let body = AsyncStream<ByteBuffer> { await counter.next() }
        let put = try await storage.put(key, contentType: "video/mp4", maximumSize: 1 << 30, body: body)
        try expectEqual(put.size, Int64(count << 20), "size")
        var size = 0
        var position = 0
        let expected = Array(piece.readableBytesView)
        for try await chunk in try await storage.get(key, range: nil).body {
            try expect(chunk.readableBytes <= 1 << 20, "chunks are small")
            let bytes = Array(chunk.readableBytesView)
            let start = position % expected.count
            if start + bytes.count <= expected.count {
                try expect(
                    bytes.elementsEqual(expected[start..<(start + bytes.count)]), "the bytes are those that were put")
            }
            position += bytes.count
            size += bytes.count
        }
        try expectEqual(size, count << 20, "the bytes read")
    }
}

/// Gives the same piece a number of times.
private actor Counter {
    private var left: Int
    private let piece: ByteBuffer

    init(_ count: Int, _ piece: ByteBuffer) {
        left = count
        self.piece = piece
    }

    func next() -> ByteBuffer? {
        guard left > 0 else { return nil }
        left -= 1
        return piece
    }
}
