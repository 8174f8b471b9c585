import Glibc
import TestKit
import Testing
import Vocabulary

/// What a connection may cost that says little or nothing.
@Suite("Quiet connections")
struct ConnectionTests {
    @Test("a connection that is silent, or dribbles the head of a request, is closed")
    func idle() async throws {
        let folder = try TemporaryFolder("atelier-idle")
        let (process, base) = try await AtelierProcess.serve(environment: ["ATELIER_IDLE_TIMEOUT": "1s"], in: folder)
        let port = try #require(base.split(separator: ":").last.flatMap { UInt16($0) })
        let silent = try connect(port)
        let slow = try connect(port)
        defer {
            close(silent)
            close(slow)
        }
        let started = ContinuousClock.now
        try await eventually(within: .seconds(20), "both are closed") {
            // Each try is one more byte of a head that never ends.
            _ = send(slow, "G", 1, Int32(MSG_NOSIGNAL))
            return isClosed(silent) && isClosed(slow)
        }
        #expect(ContinuousClock.now - started > .milliseconds(900))
        process.terminate()
        #expect(try await process.wait().status == 0)
    }

    @Test("a connection beyond the limit waits until another goes")
    func limit() async throws {
        let folder = try TemporaryFolder("atelier-connections")
        let (process, base) = try await AtelierProcess.serve(
            environment: ["ATELIER_MAX_CONNECTIONS": "2", "ATELIER_IDLE_TIMEOUT": "1h"], in: folder)
        let port = try #require(base.split(separator: ":").last.flatMap { UInt16($0) })
        let request = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
        func ask(_ socket: Int32) { _ = send(socket, request, request.utf8.count, Int32(MSG_NOSIGNAL)) }
        let first = try connect(port)
        let second = try connect(port)
        for socket in [first, second] {
            ask(socket)
            try await eventually("an answer comes") { hasAnswer(socket) }
        }
        let third = try connect(port)
        ask(third)
        try await Task.sleep(for: .milliseconds(500))
        #expect(!hasAnswer(third))
        close(first)
        try await eventually("its turn comes") { hasAnswer(third) }
        close(second)
        close(third)
        process.terminate()
        #expect(try await process.wait().status == 0)
    }

    private func connect(_ port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    private func isClosed(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
    }

    private func hasAnswer(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 1
    }
}
