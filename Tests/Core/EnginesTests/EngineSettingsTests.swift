import Engines
import Settings
import Testing
import Vocabulary

@Suite("The engines' settings")
struct EngineSettingsTests {
    @Test("nothing is set: no engine, the documented limits")
    func defaults() throws {
        let reader = SettingsReader(.empty)
        let settings = EngineSettings(reading: reader)
        let limits = EngineLimits(reading: reader)
        let sandbox = SandboxLimits(reading: reader)
        try reader.finish()
        #expect(settings == EngineSettings())
        #expect(settings.openAIKey == nil)
        #expect(settings.openAIBaseURL == "https://api.openai.com/v1")
        #expect(limits == EngineLimits())
        #expect(limits.deadline(of: .text) == .seconds(60))
        #expect(limits.deadline(of: .image) == .seconds(180))
        #expect(limits.deadline(of: .video) == .seconds(1800))
        #expect(sandbox == SandboxLimits())
        #expect(sandbox.renderTime == .milliseconds(1500))
    }

    @Test("every limit has its setting")
    func limits() throws {
        let reader = SettingsReader(
            .values([
                "ATELIER_TEXT_DEADLINE": "4s", "ATELIER_IMAGE_DEADLINE": "5s", "ATELIER_VIDEO_DEADLINE": "6m",
                "ATELIER_TEXT_RETRIES": "0", "ATELIER_TEXT_ANSWER_LIMIT": "64KiB", "ATELIER_IMAGE_ANSWER_LIMIT": "1MiB",
                "ATELIER_MODEL_LIST_DEADLINE": "1s",
                "ATELIER_MODEL_LIST_LIFETIME": "7s", "ATELIER_SANDBOX_RENDER_TIME": "100ms",
                "ATELIER_SANDBOX_RENDERERS": "3", "ATELIER_SANDBOX_RENDER_QUEUE": "9",
                "ATELIER_SANDBOX_SUBMISSIONS_LOG": "/tmp/x",
            ]))
        let limits = EngineLimits(reading: reader)
        let sandbox = SandboxLimits(reading: reader)
        try reader.finish()
        #expect(limits.textDeadline == .seconds(4))
        #expect(limits.imageDeadline == .seconds(5))
        #expect(limits.videoDeadline == .seconds(360))
        #expect(limits.textRetries == 0)
        #expect(limits.textAnswer == 65_536)
        #expect(limits.imageAnswer == 1 << 20)
        #expect(limits.discoveryDeadline == .seconds(1))
        #expect(limits.discoveryLifetime == .seconds(7))
        #expect(sandbox.renderTime == .milliseconds(100))
        #expect(sandbox.renderers == 3)
        #expect(sandbox.renderQueue == 9)
        #expect(sandbox.submissionsLog == "/tmp/x")
    }

    @Test("engines are read in their order, keys stay secret")
    func engines() throws {
        let reader = SettingsReader(
            .values([
                "OPENAI_API_KEY": "sk-very-secret", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
                "ATELIER_LOCAL_ENGINES": "llama=http://127.0.0.1:8080/v1, gpu-2=https://gpu.example/v1/",
                "ATELIER_LOCAL_MODEL": "gemma", "ATELIER_LOCAL_IMAGE_MODEL": "sdxl", "ATELIER_LOCAL_KEY": "k",
                "ATELIER_TEXT_MODEL": "llama/gemma", "ATELIER_SUCCESSION": "refuse",
            ]))
        let settings = EngineSettings(reading: reader)
        try reader.finish()
        #expect(settings.localEngines.map(\.name) == ["llama", "gpu-2"])
        #expect(settings.localEngines.map(\.baseURL) == ["http://127.0.0.1:8080/v1", "https://gpu.example/v1/"])
        #expect(settings.localModel == "gemma")
        #expect(settings.localImageModel == "sdxl")
        #expect(settings.defaultModels[.text] == "llama/gemma")
        #expect(settings.defaultModels[.image] == "dall-e-3")
        #expect(settings.succession == .refuse)
        #expect(!"\(settings)".contains("very-secret"))
    }

    @Test(
        "a wrong list of local engines is refused",
        arguments: [
            "llama", "llama=ftp://x/v1", "openai=http://x/v1", "sandbox=http://x/v1", "a=http://x,a=http://y",
            "A=http://x", "a=",
        ])
    func wrong(text: String) {
        let reader = SettingsReader(.values(["ATELIER_LOCAL_ENGINES": text]))
        let settings = EngineSettings(reading: reader)
        #expect(settings.localEngines.isEmpty)
        #expect(throws: SettingsError.self) { try reader.finish() }
    }
}
