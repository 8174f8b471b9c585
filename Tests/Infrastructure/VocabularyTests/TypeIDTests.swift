import FoundationEssentials
import Testing
import Vocabulary

private enum JobKind: IDKind {
    static let prefix = "job"
}

@Suite("TypeID")
struct TypeIDTests {
    @Test("the vector of the TypeID specification")
    func knownVector() {
        // 01890a5d-ac96-774b-bcce-b302099a8057
        let random: [UInt8] = [0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57]
        let id = TypeID<JobKind>(millisecond: 0x0189_0a5d_ac96, random: random)
        #expect(id.text == "job_01h455vb4pex5vsknk084sn02q")
    }

    @Test("version and variant are set whatever the random bytes are", arguments: [UInt8(0), 0xff, 0x5a])
    func versionBits(byte: UInt8) throws {
        let id = TypeID<JobKind>(millisecond: 0, random: Array(repeating: byte, count: 10))
        let random = Array(repeating: byte, count: 10)
        var expected = random
        expected[0] = 0x70 | (byte & 0x0f)
        expected[2] = 0x80 | (byte & 0x3f)
        #expect(id == TypeID<JobKind>(millisecond: 0, random: expected))
    }

    @Test("ids sort by the millisecond at which they were made")
    func ordering() {
        let moments: [Int64] = [0, 1, 31, 32, 1_700_000_000_000, 1_700_000_000_001, (1 << 48) - 1]
        let ids = moments.map { TypeID<JobKind>(millisecond: $0, random: Surroundings.system.randomBytes(10)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.text) == ids.map(\.text).sorted())
    }

    @Test("reading takes what was written and nothing else")
    func reading() throws {
        let id: TypeID<JobKind> = Surroundings.system.newID()
        #expect(TypeID<JobKind>(id.text) == id)
        let wrong = [
            "", "job_", "job", "asset_01h455vb4pex5vsknk084sn02q", "01h455vb4pex5vsknk084sn02q",
            "job_81h455vb4pex5vsknk084sn02q", "job_01h455vb4pex5vsknk084sn02", "job_01h455vb4pex5vsknk084sn02qq",
            "job_01H455VB4PEX5VSKNK084SN02Q", "job_01h455vb4pex5vsknk084sn02i", "job_01h455vb4pex5vsknk084sn0/q",
            "JOB_01h455vb4pex5vsknk084sn02q", "job_01h455vb4pex5vsknk084sn02q\n",
        ]
        for text in wrong { #expect(TypeID<JobKind>(text) == nil, "\(text)") }
    }

    @Test("JSON is the text, and a wrong text is refused")
    func json() throws {
        let id: TypeID<JobKind> = Surroundings.system.newID()
        let data = try JSONEncoder().encode([id])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(id.text)\"]")
        #expect(try JSONDecoder().decode([TypeID<JobKind>].self, from: data) == [id])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([TypeID<JobKind>].self, from: Data("[\"job_x\"]".utf8))
        }
    }

    @Test("ten thousand ids of one millisecond differ")
    func unique() {
        let surroundings = Surroundings(
            now: { Timestamp(seconds: 1) }, randomBytes: Surroundings.system.randomBytes)
        let ids = (0..<10_000).map { _ in surroundings.newID(JobKind.self) }
        #expect(Set(ids).count == ids.count)
    }
}
