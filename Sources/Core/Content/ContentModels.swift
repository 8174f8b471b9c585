package import Engines
package import Vocabulary

package enum ContentJobKind: IDKind { package static let prefix = "job" }
package typealias ContentJobID = TypeID<ContentJobKind>
package enum AssetKind: IDKind { package static let prefix = "asset" }
package typealias AssetID = TypeID<AssetKind>
package enum GenerationKind: IDKind { package static let prefix = "gen" }
package typealias GenerationID = TypeID<GenerationKind>

/// On whose behalf, and in which request, content is made.
package struct Caller: Sendable {
    package var tenant: TenantID
    /// A test key: served by the sandbox, costs nothing.
    package var isTest: Bool
    package var requestID: String
    package var traceparent: String?
    /// Faults for the sandbox to play: the header `X-Sandbox-Fault`.
    package var sandboxFault: String?
    /// The 26 characters after the prefix of the id that what is created must get, so that doing it again after a crash
    /// finds the first. nil for a fresh one.
    package var creationSuffix: String?

    package init(
        tenant: TenantID, isTest: Bool = false, requestID: String, traceparent: String? = nil,
        sandboxFault: String? = nil,
        creationSuffix: String? = nil
    ) {
        self.tenant = tenant
        self.isTest = isTest
        self.requestID = requestID
        self.traceparent = traceparent
        self.sandboxFault = sandboxFault
        self.creationSuffix = creationSuffix
    }
}

/// The kinds of text prompt; each is a template.
package enum TextPromptType: String, Sendable, Codable, CaseIterable {
    case creativeCopy = "creative-copy"
    case socialPost = "social-post"
    case adScript = "ad-script"
    case campaignStrategy = "campaign-strategy"
    case promptImprover = "prompt-improver"
}

package enum ImagePromptType: String, Sendable, Codable, CaseIterable {
    case creativeImage = "creative-image"
    case productImage = "product-image"
}

package enum VideoPromptType: String, Sendable, Codable, CaseIterable {
    case creativeVideo = "creative-video"
    case explainerVideo = "explainer-video"
}

/// A text to be made. Ranges are checked by the verb that takes it.
package struct TextGeneration: Sendable {
    package var prompt: String
    package var model: String?
    package var promptType: TextPromptType?
    /// What the text should know besides: any JSON, put before the prompt.
    package var context: JSONValue?
    package var maximumTokens: Int
    package var temperature: Double
    package var metadata: JSONValue?

    package init(
        prompt: String, model: String? = nil, promptType: TextPromptType? = nil, context: JSONValue? = nil,
        maximumTokens: Int = 2000, temperature: Double = 0.7, metadata: JSONValue? = nil
    ) {
        self.prompt = prompt
        self.model = model
        self.promptType = promptType
        self.context = context
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.metadata = metadata
    }
}

package struct TextRecord: Sendable {
    package var id: GenerationID
    package var content: String
    /// As asked.
    package var model: String
    /// As used.
    package var servedBy: String
    package var engine: String
    package var tenant: TenantID
    package var usage: TokenUsage
    package var finishReason: String
    /// nil when no price is known.
    package var cost: MicroCredits?
    package var createdAt: Timestamp
    package var attempts: [EngineAttempt]
}

package enum TextStreamEvent: Sendable {
    case delta(String)
    case done(TextRecord)
}

package struct ImageGeneration: Sendable {
    package var prompt: String
    package var model: String?
    /// `WIDTHxHEIGHT`.
    package var size: String?
    package var quality: String?
    package var style: String?
    package var negativePrompt: String?
    package var promptType: ImagePromptType?
    /// For a job: where its end is told.
    package var webhookURL: String?

    package init(
        prompt: String, model: String? = nil, size: String? = nil, quality: String? = nil, style: String? = nil,
        negativePrompt: String? = nil, promptType: ImagePromptType? = nil, webhookURL: String? = nil
    ) {
        self.prompt = prompt
        self.model = model
        self.size = size
        self.quality = quality
        self.style = style
        self.negativePrompt = negativePrompt
        self.promptType = promptType
        self.webhookURL = webhookURL
    }
}

package struct ImageRecord: Sendable {
    package var id: GenerationID
    package var asset: Asset
    /// A link that expires.
    package var url: String
    package var revisedPrompt: String?
    package var model: String
    package var servedBy: String
    package var engine: String
    /// `WIDTHxHEIGHT`, of the file.
    package var resolution: String
    package var cost: MicroCredits?
    package var createdAt: Timestamp
    package var attempts: [EngineAttempt]
}

package struct VideoGeneration: Sendable {
    /// What to do with a duration that the model doesn't have.
    package enum DurationRule: Sendable {
        /// Refuse it and name the allowed ones: the gateway's face.
        case refuse
        /// Move it to the nearest and say so: the service's face.
        case nearest
    }

    package var prompt: String
    package var model: String?
    package var durationSeconds: Int?
    package var durationRule: DurationRule
    package var aspectRatio: AspectRatio
    package var framesPerSecond: Int?
    package var referenceImages: [String]
    package var webhookURL: String?
    package var promptType: VideoPromptType?

    package init(
        prompt: String, model: String? = nil, durationSeconds: Int? = nil, durationRule: DurationRule = .refuse,
        aspectRatio: AspectRatio = .landscape, framesPerSecond: Int? = nil, referenceImages: [String] = [],
        webhookURL: String? = nil, promptType: VideoPromptType? = nil
    ) {
        self.prompt = prompt
        self.model = model
        self.durationSeconds = durationSeconds
        self.durationRule = durationRule
        self.aspectRatio = aspectRatio
        self.framesPerSecond = framesPerSecond
        self.referenceImages = referenceImages
        self.webhookURL = webhookURL
        self.promptType = promptType
    }
}

/// A stored file.
package struct Asset: Sendable, Hashable {
    package var id: AssetID
    package var tenant: TenantID
    package var kind: Modality
    /// `tenants/{tenant}/{category}/{file}`.
    package var storagePath: String
    package var contentType: String
    /// In bytes.
    package var size: Int64
    package var sha256: String
    package var width: Int?
    package var height: Int?
    package var durationSeconds: Double?
    package var model: String
    package var engine: String
    package var job: ContentJobID?
    package var createdAt: Timestamp
}
