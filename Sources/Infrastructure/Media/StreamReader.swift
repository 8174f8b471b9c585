/// What a format needs next of the bytes that stream by.
enum Demand: Sendable, Equatable {
    /// So many bytes, handed over together.
    case take(Int)
    /// The same, but the stream may also end here.
    case takeOrEnd(Int)
    /// All up to the end, handed over together, but no more than so many.
    case takeAll(limit: Int)
    /// So many bytes go by.
    case pass(UInt64)
    /// Bytes go by up to and with this one.
    case find(UInt8)
    /// Whatever follows goes by.
    case rest
    /// The format is complete; more would be wrong.
    case nothing
}

/// A format as a machine that says what it needs next; `StreamReader` gets it that.
protocol StreamGrammar: Sendable {
    var start: Demand { get }
    /// Known as soon as the part of the file that says so has been taken.
    var size: PixelSize? { get }
    /// The bytes of a `take`.
    mutating func took(_ bytes: [UInt8]) throws(MediaError) -> Demand
    /// Some of the bytes of a `pass` or `find`.
    mutating func watched(_ bytes: ArraySlice<UInt8>)
    /// A `pass` or `find` is done.
    mutating func passed() throws(MediaError) -> Demand
    /// The bytes ended where they may.
    func facts(byteCount: UInt64) throws(MediaError) -> MediaFacts
}

extension StreamGrammar {
    mutating func watched(_ bytes: ArraySlice<UInt8>) {}
}

/// What `MediaInspector` asks of every format.
protocol MediaStream: Sendable {
    var size: PixelSize? { get }
    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(MediaError)
    mutating func finish() throws(MediaError) -> MediaFacts
}

/// Cuts pieces of any size into what a grammar demands. It holds the bytes of one `take` and nothing else.
struct StreamReader<Grammar: StreamGrammar>: MediaStream {
    private(set) var grammar: Grammar
    private var demand: Demand
    private var held: [UInt8] = []
    private var byteCount: UInt64 = 0

    init(_ grammar: Grammar) {
        self.grammar = grammar
        demand = grammar.start
    }

    var size: PixelSize? { grammar.size }

    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(MediaError) {
        byteCount += UInt64(bytes.count)
        var bytes = bytes
        while !bytes.isEmpty {
            switch demand {
            case .take(let count), .takeOrEnd(let count):
                let part = bytes.prefix(max(count - held.count, 0))
                held += part
                bytes = bytes.dropFirst(part.count)
                if held.count >= count { try handOver() }
            case .takeAll(let limit):
                guard held.count + bytes.count <= limit else {
                    throw MediaError(.tooLarge, "a part that must be held has over \(limit) bytes")
                }
                held += bytes
                return
            case .pass(let count):
                let part = bytes.prefix(Int(min(count, UInt64(bytes.count))))
                grammar.watched(part)
                bytes = bytes.dropFirst(part.count)
                demand = .pass(count - UInt64(part.count))
                try skipEmpty()
            case .find(let byte):
                let end = bytes.firstIndex(of: byte).map { $0 + 1 } ?? bytes.endIndex
                let isFound = bytes[..<end].last == byte
                grammar.watched(bytes[..<end])
                bytes = bytes[end...]
                if isFound { demand = try grammar.passed() }
                try skipEmpty()
            case .rest:
                return
            case .nothing:
                throw MediaError(.corrupt, "bytes follow the end")
            }
        }
    }

    mutating func finish() throws(MediaError) -> MediaFacts {
        switch demand {
        case .takeOrEnd where held.isEmpty: break
        case .takeAll: try handOver()
        case .rest, .nothing: break
        default: throw MediaError(.truncated, "the bytes end after \(byteCount), too early")
        }
        return try grammar.facts(byteCount: byteCount)
    }

    private mutating func handOver() throws(MediaError) {
        let taken = held
        held = []
        demand = try grammar.took(taken)
        try skipEmpty()
    }

    /// A part without bytes is done at once, also when nothing follows.
    private mutating func skipEmpty() throws(MediaError) {
        while demand == .pass(0) { demand = try grammar.passed() }
    }
}
