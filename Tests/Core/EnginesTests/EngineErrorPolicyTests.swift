import Engines
import Testing

@Suite("What follows from an engine's error")
struct EngineErrorPolicyTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var code: EngineError.Code
        var status: Int
        var retry: Bool
        var textFallback: Bool
        var mediaFallback: Bool

        init(_ code: EngineError.Code, _ status: Int, retry: Bool, fallback: Bool, media: Bool? = nil) {
            self.code = code
            self.status = status
            self.retry = retry
            textFallback = fallback
            mediaFallback = media ?? fallback
        }

        var testDescription: String { code.rawValue }
    }

    static let table = [
        Row(.unsupportedParameter, 400, retry: false, fallback: true),
        Row(.providerRejectedRequest, 422, retry: false, fallback: true),
        Row(.providerAuth, 502, retry: false, fallback: true),
        Row(.providerQuota, 503, retry: false, fallback: true),
        Row(.providerRateLimited, 429, retry: true, fallback: true),
        Row(.providerOverloaded, 503, retry: true, fallback: true),
        Row(.providerError, 502, retry: true, fallback: true),
        Row(.providerTimeout, 504, retry: false, fallback: true, media: false),
        Row(.submitUnknown, 502, retry: false, fallback: false),
        Row(.connectionFailed, 502, retry: true, fallback: true),
        Row(.contentBlockedInput, 422, retry: false, fallback: false),
        Row(.contentBlockedOutput, 422, retry: false, fallback: false),
        Row(.generationFailed, 502, retry: true, fallback: true),
        Row(.modelNotFound, 404, retry: false, fallback: true),
        Row(.modelRetired, 410, retry: false, fallback: true),
        Row(.assetExpired, 410, retry: false, fallback: false),
        Row(.assetDownloadFailed, 502, retry: true, fallback: false),
        Row(.payloadTooLarge, 413, retry: false, fallback: false),
        Row(.jobNotFound, 404, retry: false, fallback: false),
        Row(.canceled, 409, retry: false, fallback: false),
        Row(.streamInterrupted, 502, retry: false, fallback: false),
        Row(.circuitOpen, 503, retry: false, fallback: true),
    ]

    @Test("each code has its status, retry and fallback", arguments: table)
    func row(_ row: Row) {
        #expect(row.code.clientStatus == row.status)
        #expect(row.code.isRetryable == row.retry)
        #expect(row.code.allowsFallback(for: .text) == row.textFallback)
        #expect(row.code.allowsFallback(for: .image) == row.mediaFallback)
        #expect(row.code.allowsFallback(for: .video) == row.mediaFallback)
    }

    @Test("the table has every code")
    func complete() {
        #expect(Set(Self.table.map(\.code)) == Set(EngineError.Code.allCases))
    }

    @Test("only a request that never left may be repeated when it costs money")
    func certainlyNotSent() {
        let codes = EngineError.Code.allCases.filter(\.isCertainlyNotSent)
        #expect(codes == [.connectionFailed, .circuitOpen])
    }
}
