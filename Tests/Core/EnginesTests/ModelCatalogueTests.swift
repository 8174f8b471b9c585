import Engines
import Testing
import Vocabulary

@Suite("The catalogue of models")
struct ModelCatalogueTests {
    let catalogue = ModelCatalogue()
    let now = Timestamp("2026-11-25T00:00:00Z") ?? Timestamp(seconds: 0)

    @Test("the lengths of a film that a client may ask for")
    func durations() {
        #expect(catalogue.validDurations("sora-2") == .listed([4, 8, 12]))
        #expect(catalogue.validDurations("veo-3.1") == .listed([4, 6, 8]))
        #expect(catalogue.validDurations("runway-gen3") == .range(1...60))
        #expect(catalogue.validDurations("sandbox") == .range(1...60))
        #expect(catalogue.validDurations("never-heard-of") == .range(1...60))
        #expect("\(catalogue.validDurations("sora-2"))" == "4, 8, 12")
        #expect("\(catalogue.validDurations("sandbox"))" == "1…60")
        #expect(!catalogue.validDurations("sora-2").contains(5))
    }

    @Test(
        "a length is moved to the nearest, the shorter of two",
        arguments: [(1, 4), (5, 4), (6, 4), (7, 8), (10, 8), (11, 12), (90, 12)])
    func nearest(asked: Int, made: Int) {
        #expect(catalogue.nearestDuration(asked, model: "sora-2") == made)
    }

    @Test("a range takes what lies in it and its ends")
    func nearestOfRange() {
        #expect(catalogue.nearestDuration(90, model: "sandbox") == 60)
        #expect(catalogue.nearestDuration(0, model: "sandbox") == 1)
        #expect(catalogue.nearestDuration(7, model: "sandbox") == 7)
        #expect(catalogue.validDurations("sora-2").usual == 8)
        #expect(catalogue.validDurations("sandbox").usual == 5)
    }

    @Test("the sizes of an image that a client may ask for")
    func sizes() {
        let dallE = catalogue.validSizes("dall-e-3")
        #expect(dallE.contains(ImageSize(1792, 1024)))
        #expect(!dallE.contains(ImageSize(1536, 1024)))
        #expect(catalogue.validSizes("gpt-image-1.5").contains(ImageSize(1024, 1536)))
        #expect(catalogue.validSizes("sandbox").contains(ImageSize(64, 2048)))
        #expect(!catalogue.validSizes("sandbox").contains(ImageSize(63, 100)))
        #expect(!catalogue.validSizes("gpt-image-2").contains(ImageSize(1025, 1024)))
        #expect(catalogue.validSizes("gpt-image-2").contains(ImageSize(1792, 1024)))
    }

    @Test(
        "a size is mapped to the nearest shape",
        arguments: [
            ("1792x1024", "1536x1024"), ("1024x1792", "1024x1536"), ("512x512", "1024x1024"),
            ("1536x1024", "1536x1024"),
        ])
    func nearestSize(asked: String, made: String) throws {
        let size = try #require(ImageSize(asked))
        #expect(catalogue.validSizes("gpt-image-1.5").nearest(to: size).description == made)
    }

    @Test("a free size is fitted to the step, the bounds and the ratio")
    func fittedSize() {
        let rule = catalogue.validSizes("gpt-image-2")
        #expect(rule.nearest(to: ImageSize(1000, 1000)) == ImageSize(1008, 1008))
        #expect(rule.contains(rule.nearest(to: ImageSize(4000, 100))))
        #expect(rule.contains(rule.nearest(to: ImageSize(1, 1))))
    }

    @Test(
        "what isn't a size isn't read as one",
        arguments: ["", "1024", "1024x", "x", "0x5", "-1x5", "1024X1024", "1x2x3", "123456x1"])
    func badSize(text: String) {
        #expect(ImageSize(text) == nil)
    }

    @Test("a retired model is followed by its successor, a living one by itself")
    func succession() {
        #expect(catalogue.living("dall-e-3", at: now) == "gpt-image-2")
        #expect(catalogue.living("gpt-image-1", at: now) == "gpt-image-2.5-sunburst")
        #expect(catalogue.living("gpt-4o", at: now) == "gpt-4o")
        #expect(catalogue.living("GPT-4o", at: now) == "gpt-4o")
        #expect(catalogue.living("gpt-4o-2024-08-06", at: now) == "gpt-4o-2024-08-06")
        #expect(catalogue.living("gpt-4o", at: Timestamp("2027-01-14T00:00:00Z") ?? now) == "gpt-6-luna")
        #expect(catalogue.living("My-Model", at: now) == "My-Model")
    }

    @Test("every sunset is a date and every successor is in the catalogue")
    func consistent() {
        for entry in catalogue.entries {
            if let successor = entry.successor {
                #expect(catalogue.entry(successor) != nil, "\(entry.id)")
                #expect(entry.sunset != nil, "\(entry.id)")
            }
        }
        for modality in Modality.allCases { #expect(catalogue.entry(catalogue.defaultModel(for: modality)) != nil) }
    }

    @Test("a text is priced from the book, in micro-credits, and what isn't there has no price")
    func prices() {
        let usage = TokenUsage(prompt: 1_000_000, completion: 1_000_000)
        // 2.50 $ + 10 $ are 1,250 cents.
        #expect(PriceBook.openAI.cost(of: usage, model: "gpt-4o") == MicroCredits(1_250_000_000))
        #expect(PriceBook.openAI.cost(of: usage, model: "gpt-99") == nil)
    }
}
