import NIOCore
import ObjectStorage
import Vocabulary

extension ObjectStorageExam {
    func newTenant() throws -> TenantID {
        guard let tenant = TenantID("exam-\(Surroundings.system.randomBytes(8).hex)") else {
            throw ObjectStorageExamFailure(description: "not a tenant")
        }
        return tenant
    }

    func key(_ tenant: TenantID, _ category: ObjectKey.Category, _ file: String) throws -> ObjectKey {
        guard let key = ObjectKey(tenant: tenant, category: category, file: file) else {
            throw ObjectStorageExamFailure(description: "\(file) is not a file's name")
        }
        return key
    }

    /// The whole list, page by page.
    func all(_ tenant: TenantID, prefix: String = "", limit: Int = 200) async throws -> [ObjectInfo] {
        var items: [ObjectInfo] = []
        var after: String?
        repeat {
            let page = try await storage.list(tenant, prefix: prefix, page: PageRequest(limit: limit, after: after))
            try expect(page.items.count <= limit, "a page isn't longer than asked")
            items += page.items
            after = page.next
        } while after != nil
        return items
    }
}

/// A body of these pieces, which then ends or fails.
struct Chunks: AsyncSequence, Sendable {
    var pieces: [String]
    var failure: (any Error)?

    init(_ pieces: [String], failure: (any Error)? = nil) {
        self.pieces = pieces
        self.failure = failure
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<String>
        var failure: (any Error)?

        mutating func next() async throws -> ByteBuffer? {
            if let piece = rest.popFirst() { return ByteBuffer(string: piece) }
            if let failure { throw failure }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: pieces[...], failure: failure) }
}

func text(_ reading: ObjectReading) async throws -> String {
    var buffer = ByteBuffer()
    for try await chunk in reading.body { buffer.writeImmutableBuffer(chunk) }
    return String(buffer: buffer)
}

func expect(_ condition: Bool, _ sentence: String) throws {
    guard condition else { throw ObjectStorageExamFailure(description: "expected that \(sentence)") }
}

func expectEqual<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String) throws {
    guard found == wanted else { throw ObjectStorageExamFailure(description: "\(what): \(found) instead of \(wanted)") }
}

func expectError(_ wanted: ObjectStorageError, _ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let error as ObjectStorageError {
        return try expectEqual(error, wanted, "the error")
    }
    throw ObjectStorageExamFailure(description: "no error instead of \(wanted)")
}
