import Testing

@Suite("Tidy")
struct TidyTests {
    /// Read once for all tests.
    private static let read = Result { try Repository.read() }

    private let repository: Repository
    private let manifest: Manifest
    private let rules: [TidyRule]

    init() throws {
        repository = try Self.read.get()
        manifest = Manifest(try repository.file("Package.swift").text)
        rules =
            SizeRules.all + WaivedRules.all + TextRules.all + ImportRules(manifest: manifest).all
            + [LinkRule(repository.files).rule]
    }

    @Test("every file keeps every rule")
    func files() {
        #expect(repository.files.count > 100)
        for finding in repository.files.flatMap({ file in rules.flatMap { $0.check(file) } }) {
            Issue.record("\(finding)")
        }
    }

    @Test("every rule finds the fixture that breaks it")
    func fixtures() {
        for rule in rules {
            let findings = rule.check(rule.fixture)
            #expect(findings.contains { $0.rule == rule.name }, "\(rule.name) finds nothing in its fixture")
        }
        #expect(Set(rules.map(\.name)).count == rules.count)
    }

    @Test("the manifest's edges go down, and are all used")
    func edges() {
        #expect(manifest.rooms.count >= 18)
        for finding in ImportRules.climbing(manifest) + ImportRules.unused(manifest, files: repository.files) {
            Issue.record("\(finding)")
        }
    }

    @Test("a manifest with wrong edges is found out")
    func wrongEdges() {
        let manifest = Manifest(
            """
                Room("Low", .infrastructure, uses: ["High"]),
                Room(
                    "High", .core,
                    uses: ["Low", "Nowhere"]),
                Room("One", .features, uses: ["Other"]),
                Room("Other", .features),
            """)
        #expect(manifest.rooms.map(\.name) == ["Low", "High", "One", "Other"])
        #expect(ImportRules.climbing(manifest).count == 3)
        let files = [TidyFile("Sources/Core/High/A.swift", "import Low\n")]
        #expect(ImportRules.unused(manifest, files: files).map(\.message).contains("High doesn't use Nowhere"))
        #expect(!ImportRules.unused(manifest, files: files).map(\.message).contains("High doesn't use Low"))
    }

    @Test("every folder under Sources is a room on its floor, and every suite mirrors one")
    func folders() {
        let floors = ["Infrastructure": "infrastructure", "Core": "core", "Features": "features", "App": "app"]
        for file in repository.files where file.isSource {
            guard let room = file.room else {
                Issue.record("\(file.path) belongs to no room")
                continue
            }
            #expect(manifest.targets[room.name]?.floor == floors[room.floor], "\(file.path)")
        }
        let suites = Set(repository.files.compactMap { $0.path.hasPrefix("Tests/") ? $0.target : nil })
        for suite in suites where suite.hasSuffix("Tests") && suite != "TidyTests" {
            #expect(manifest.targets[String(suite.dropLast(5))] != nil, "\(suite) mirrors no room")
        }
    }

    @Test(
        "a waiver with a reason holds, on its line or in the comment above",
        arguments: [
            "print(1)  // tidy: allow print — the command's own output\n",
            "// tidy: allow print — the command's own output,\n// which goes to the terminal\nprint(1)\n",
        ])
    func waivers(text: String) {
        let file = TidyFile("Sources/App/atelier/A.swift", text)
        #expect(WaivedRules.all.flatMap { $0.check(file) } == [])
    }

    @Test(
        "a waiver without a reason, of another rule, or too far away doesn't hold",
        arguments: [
            "print(1)  // tidy: allow print\n", "print(1)  // tidy: allow task — no\n",
            "// tidy: allow print — far\n\nprint(1)\n", "print(1)  // tidy: allow everything — no\n",
        ])
    func wrongWaivers(text: String) {
        let file = TidyFile("Sources/App/atelier/A.swift", text)
        #expect(!WaivedRules.all.flatMap { $0.check(file) }.isEmpty)
    }

    @Test(
        "what only looks like a breach is let be",
        arguments: [
            "let text = \"print(1) // fatalError()\"\n", "let raw = #\"a!\"b try! \"#\n", "if !isThere, a != b {}\n",
            "// try! and Task { } in a comment\n", "group.addTask { work() }\n", "form.print(1)\n",
            "let long = \"\"\"\n    print(1) \\\"\"\" Task {\n    \"\"\"\n", "let f = fingerprint(1)\n",
            "import FoundationEssentials\n", "func print(_ a: Int) {}\n",
        ])
    func innocent(text: String) {
        let file = TidyFile("Sources/Core/Auth/A.swift", text)
        #expect(WaivedRules.all.flatMap { $0.check(file) } == [])
    }

    @Test(
        "what hides in an interpolation or a cast is found",
        arguments: ["let a = \"\\(b!)\"\n", "let a = b as! C\n", "let a = try! \"\\(c(\"d\"))\"\n", "var a: String!\n"])
    func hidden(text: String) {
        let file = TidyFile("Sources/Core/Auth/A.swift", text)
        #expect(!WaivedRules.all.flatMap { $0.check(file) }.isEmpty)
    }

    @Test("functions are measured from their head to their closing brace, and requirements aren't measured")
    func functions() {
        let code = SwiftCode(
            """
            protocol P {
                func required(_ a: Int)
                init()
            }
            struct S {
                init(a: () -> Void = {}) {
                    self.init()
                }
                func outer() {
                    func inner() { let a = "}" }
                }
            }
            """)
        #expect(SizeRules.functions(in: code.code).map { [$0.first, $0.last] } == [[6, 8], [10, 10], [9, 11]])
    }
}
