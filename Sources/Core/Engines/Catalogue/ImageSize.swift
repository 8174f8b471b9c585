/// Width and height in pixels, written `1024x1024`.
package struct ImageSize: Sendable, Hashable, CustomStringConvertible {
    package var width: Int
    package var height: Int

    package init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
    }

    /// - Returns: nil when `text` isn't two positive numbers of at most five digits around an `x`.
    package init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...5).contains($0.utf8.count) }) else { return nil }
        guard let width = Int(parts[0]), let height = Int(parts[1]), width > 0, height > 0 else { return nil }
        self.init(width, height)
    }

    package var description: String { "\(width)x\(height)" }
}

/// Which sizes of an image a model makes.
package enum ImageSizeRule: Sendable, Hashable {
    /// These and no others; the first is the usual one.
    case listed([ImageSize])
    /// Each side within the range and a multiple of `step`, the longer at most `ratio` times the shorter.
    case sides(ClosedRange<Int>, step: Int, ratio: Double)

    package func contains(_ size: ImageSize) -> Bool {
        switch self {
        case .listed(let all): return all.contains(size)
        case .sides(let range, let step, let ratio):
            let sides = [size.width, size.height]
            guard sides.allSatisfy({ range.contains($0) && $0 % step == 0 }) else { return false }
            return Double(max(size.width, size.height)) <= ratio * Double(min(size.width, size.height))
        }
    }

    /// The size itself where the model makes it, otherwise the one whose shape is nearest.
    package func nearest(to size: ImageSize) -> ImageSize {
        switch self {
        case .listed(let all):
            if all.contains(size) { return size }
            let shape = Double(size.width) / Double(size.height)
            func distance(_ other: ImageSize) -> Double {
                let quotient = Double(other.width) / Double(other.height) / shape
                return max(quotient, 1 / quotient)
            }
            return all.min { distance($0) < distance($1) } ?? size
        case .sides(let range, let step, let ratio):
            func fit(_ side: Int) -> Int {
                let lowest = (range.lowerBound + step - 1) / step * step
                let inside = min(max((side + step / 2) / step * step, lowest), range.upperBound / step * step)
                return inside
            }
            var (width, height) = (fit(size.width), fit(size.height))
            if Double(width) > ratio * Double(height) { width = Int(ratio * Double(height)) / step * step }
            if Double(height) > ratio * Double(width) { height = Int(ratio * Double(width)) / step * step }
            return ImageSize(width, height)
        }
    }

    package var usual: ImageSize {
        switch self {
        case .listed(let all): all.first ?? ImageSize(1024, 1024)
        case .sides: nearest(to: ImageSize(1024, 1024))
        }
    }
}

extension ImageSizeRule: CustomStringConvertible {
    /// For a client: the list, or the bounds.
    package var description: String {
        switch self {
        case .listed(let all): all.map(\.description).joined(separator: ", ")
        case .sides(let range, let step, let ratio):
            "WIDTHxHEIGHT, each \(range.lowerBound)…\(range.upperBound)"
                + (step > 1 ? ", a multiple of \(step)" : "") + (ratio < 32 ? ", ratio at most \(Int(ratio)):1" : "")
        }
    }
}
