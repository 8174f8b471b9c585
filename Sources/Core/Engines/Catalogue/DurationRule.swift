/// Which lengths of a film a model makes, in whole seconds.
package enum DurationRule: Sendable, Hashable {
    /// These and no others, ascending.
    case listed([Int])
    case range(ClosedRange<Int>)

    package func contains(_ seconds: Int) -> Bool {
        switch self {
        case .listed(let all): all.contains(seconds)
        case .range(let range): range.contains(seconds)
        }
    }

    /// The nearest length that the model makes; of two equally near, the shorter, which costs less.
    package func nearest(to seconds: Int) -> Int {
        switch self {
        case .listed(let all): all.min { abs($0 - seconds) < abs($1 - seconds) } ?? seconds
        case .range(let range): min(max(seconds, range.lowerBound), range.upperBound)
        }
    }

    /// What is used when none is asked for: the second of a list (8 of 4, 8, 12), five seconds of a range.
    package var usual: Int {
        switch self {
        case .listed(let all): all.dropFirst().first ?? all.first ?? 5
        case .range: nearest(to: 5)
        }
    }
}

extension DurationRule: CustomStringConvertible {
    /// For a client: `4, 8, 12` or `1…60`.
    package var description: String {
        switch self {
        case .listed(let all): all.map(String.init).joined(separator: ", ")
        case .range(let range): "\(range.lowerBound)…\(range.upperBound)"
        }
    }
}
