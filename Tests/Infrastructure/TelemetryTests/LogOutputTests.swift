import Glibc
import Telemetry
import Testing

@Suite("Log output")
struct LogOutputTests {
    func read(_ descriptor: Int32, until last: String) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !String(decoding: bytes, as: UTF8.self).contains(last) {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("lines of many threads come out whole")
    func wholeLines() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let output = LogOutput(descriptor: writer, patience: .seconds(20))
        let text = await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<5 { output.write(Array((String(repeating: "\(number)", count: 1_000) + "\n").utf8)) }
                }
            }
            await group.waitForAll()
            output.write(Array("end\n".utf8))
            return read(reader, until: "end")
        }
        close(reader)
        close(writer)
        let lines = text.split(separator: "\n").dropLast()
        #expect(lines.count == 40)
        #expect(lines.allSatisfy { Set($0).count == 1 && $0.count == 1_000 })
    }

    @Test("a reader that stalls costs lines, not the service, and learns how many")
    func stalledReader() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let output = LogOutput(descriptor: writer, patience: .milliseconds(5))
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        // Much more than a pipe holds.
        for _ in 0..<2_000 { output.write(line) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let kept = Glibc.read(reader, &buffer, buffer.count) / line.count
        #expect(kept > 0 && kept < 2_000)
        output.write(Array("after\n".utf8))
        let rest = read(reader, until: "after\n")
        close(reader)
        close(writer)
        #expect(rest.contains("(\(2_000 - kept) log lines dropped"), "\(rest)")
    }

    @Test("a line longer than a pipe holds is given up in its middle, and the next begins a new line")
    func longLine() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let output = LogOutput(descriptor: writer, patience: .milliseconds(5))
        output.write(Array((String(repeating: "x", count: 1 << 20) + "\n").utf8))
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let kept = Glibc.read(reader, &buffer, buffer.count)
        #expect(kept > 0 && kept < 1 << 20)
        output.write(Array("after\n".utf8))
        let rest = read(reader, until: "after\n")
        close(reader)
        close(writer)
        #expect(rest.hasSuffix("\n(1 log lines dropped: the reader of the log didn't keep up)\nafter\n"), "\(rest)")
    }
}
