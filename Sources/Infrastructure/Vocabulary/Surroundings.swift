/// Clock and randomness as values, so that tests own time and chance.
package struct Surroundings: Sendable {
    /// The moment.
    package var now: @Sendable () -> Timestamp

    /// That many random bytes, fit for secrets.
    package var randomBytes: @Sendable (_ count: Int) -> [UInt8]

    package init(now: @escaping @Sendable () -> Timestamp, randomBytes: @escaping @Sendable (_ count: Int) -> [UInt8]) {
        self.now = now
        self.randomBytes = randomBytes
    }

    /// The machine's clock and its cryptographic generator.
    package static let system = Surroundings(
        now: { .system() },
        randomBytes: { count in
            var generator = SystemRandomNumberGenerator()
            // Eight at a time: each word is a call into the kernel.
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            while bytes.count < count {
                withUnsafeBytes(of: generator.next()) { bytes += $0.prefix(count - bytes.count) }
            }
            return bytes
        })

    /// A number in `0..<1`, for jitter.
    package func randomFraction() -> Double {
        let bits = randomBytes(7).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Double(bits >> 3) / Double(UInt64(1) << 53)
    }

    /// A new id of that kind, sortable by the moment at which it is made.
    package func newID<Kind: IDKind>(_ kind: Kind.Type = Kind.self) -> TypeID<Kind> {
        TypeID(millisecond: now().microseconds / 1_000, random: randomBytes(10))
    }
}
