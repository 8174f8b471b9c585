import Testing

@testable import Media

/// Damaged input of every kind: the outcome may be facts or a `MediaError`, never anything else.
@Suite struct HardeningTests {
    private func originals() throws -> [[UInt8]] {
        var originals = MediaProbeTests.images.map(\.1)
        originals.append(try Samples.smallFilm())
        return originals
    }

    private func inspect(_ bytes: [UInt8], _ chance: inout SplitMix) {
        for expectation in [MediaInspector.Expectation.image, .video] {
            var inspector = MediaInspector(expecting: expectation)
            var rest = bytes[...]
            do {
                while !rest.isEmpty {
                    let piece = rest.prefix(.random(in: 1...2000, using: &chance))
                    try inspector.feed(piece)
                    rest = rest.dropFirst(piece.count)
                }
                let facts = try inspector.finish()
                #expect(facts.width > 0 && facts.height > 0)
                #expect(facts.durationSeconds.map { $0.isFinite && $0 > 0 } ?? true)
            } catch {
                #expect(!error.detail.isEmpty)
            }
        }
        _ = MediaProbe.imageSize(of: bytes)
    }

    @Test("bytes changed at random", arguments: 1...4 as ClosedRange<UInt64>)
    func changed(seed: UInt64) throws {
        var chance = SplitMix(state: seed)
        for original in try originals() {
            // The head and the index are where a change is felt.
            let felt = min(original.count, 900)
            for _ in 0..<100 {
                var bytes = original
                for _ in 0..<Int.random(in: 1...12, using: &chance) {
                    let value = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &chance)]
                        .randomElement(using: &chance)
                    bytes[.random(in: 0..<felt, using: &chance)] = value ?? 0
                }
                inspect(bytes, &chance)
            }
        }
    }

    @Test("parts cut out, doubled and exchanged", arguments: 1...4 as ClosedRange<UInt64>)
    func rearranged(seed: UInt64) throws {
        var chance = SplitMix(state: seed &* 77)
        let originals = try originals()
        for original in originals {
            for _ in 0..<60 {
                var bytes = original
                let start = Int.random(in: 0..<bytes.count, using: &chance)
                let end = min(start + .random(in: 1...300, using: &chance), bytes.count)
                let part = Array(bytes[start..<end])
                switch Int.random(in: 0..<3, using: &chance) {
                case 0: bytes.removeSubrange(start..<end)
                case 1: bytes.insert(contentsOf: part, at: .random(in: 0...bytes.count, using: &chance))
                default:
                    let other = originals.randomElement(using: &chance) ?? []
                    bytes.replaceSubrange(start..<end, with: other.prefix(200))
                }
                inspect(bytes, &chance)
            }
        }
    }

    @Test("every field of four bytes in the index set to its extremes")
    func extremes() throws {
        let film = try Samples.smallFilm()
        let index = MP4Film.boxes(film)[1].payload
        for at in stride(from: 0, to: index.count - 4, by: 4) {
            for value in [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
                var changed = index
                changed.replaceSubrange(at..<at + 4, with: Box.bytes32(value))
                do {
                    _ = try MP4Movie(reading: changed[...])
                } catch {
                    #expect(error.code == .corrupt)
                }
            }
        }
    }

    @Test("noise behind the signature of every kind")
    func noise() throws {
        var chance = SplitMix(state: 99)
        for original in try originals() {
            for _ in 0..<40 {
                let tail = (0..<400).map { _ in UInt8.random(in: 0...255, using: &chance) }
                inspect(Array(original.prefix(.random(in: 4...40, using: &chance))) + tail, &chance)
            }
        }
    }
}
