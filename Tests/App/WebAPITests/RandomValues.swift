import Vocabulary

/// A generator that gives the same numbers for the same seed (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    static func random(using random: inout SeededGenerator) -> String {
        let letters = Array("abcXYZ019 _-/\\\"\n\t\u{1}é漢😀~%{}[]")
        return String(
            (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" })
    }
}

extension JSONValue {
    static func random(depth: Int, using random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(.random(in: -5_000...5_000, using: &random))
        case 3: return .int(.random(in: .min ... .max, using: &random))
        case 4: return .double(Double(Int.random(in: -999...999, using: &random)) + 0.5)
        case 5: return .string(.random(using: &random))
        case 6:
            return .array(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in .random(depth: depth - 1, using: &random) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                members[.random(using: &random)] = .random(depth: depth - 1, using: &random)
            }
            return .object(members)
        }
    }
}
