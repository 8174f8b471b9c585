/// Writes the bit strings of H.264 (ITU-T H.264, 7.2 and 9.1), the most significant bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingBits = 0

    /// The lower `count` bits of `value`; `count` is 0…32.
    mutating func put(_ value: UInt32, bits count: Int) {
        guard count > 0 else { return }
        let mask: UInt64 = (1 << UInt64(count)) - 1
        pending = (pending << UInt64(count)) | (UInt64(value) & mask)
        pendingBits += count
        while pendingBits >= 8 {
            pendingBits -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> UInt64(pendingBits)))
        }
    }

    mutating func flag(_ value: Bool) {
        put(value ? 1 : 0, bits: 1)
    }

    /// An unsigned Exp-Golomb code, `ue(v)`; the value is below 2^31.
    mutating func unsigned(_ value: Int) {
        let code = UInt32(truncatingIfNeeded: value + 1)
        let length = 32 - code.leadingZeroBitCount
        put(0, bits: length - 1)
        put(code, bits: length)
    }

    /// A signed Exp-Golomb code, `se(v)`.
    mutating func signed(_ value: Int) {
        unsigned(value > 0 ? 2 * value - 1 : -2 * value)
    }

    /// Zero bits up to the next byte.
    mutating func align() {
        if pendingBits > 0 { put(0, bits: 8 - pendingBits) }
    }

    /// Whole bytes; the writer must be aligned.
    mutating func append(_ run: UnsafeBufferPointer<UInt8>) {
        bytes.append(contentsOf: run)
    }

    /// The stop bit that ends a syntax structure.
    mutating func trail() {
        flag(true)
        align()
    }
}

/// One unit of the network abstraction layer: a header byte and a payload that can't be taken for a start code.
enum NALUnit {
    static let slice: UInt8 = 0x61
    static let keySlice: UInt8 = 0x65
    static let sequenceParameters: UInt8 = 0x67
    static let pictureParameters: UInt8 = 0x68

    /// The payload with an emulation prevention byte after two zero bytes wherever one is needed (7.4.1).
    static func bytes(_ header: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var unit: [UInt8] = []
        unit.reserveCapacity(payload.count + payload.count / 64 + 8)
        unit.append(header)
        payload.withUnsafeBufferPointer { payload in
            var zeros = 0
            var start = 0
            var at = 0
            while at < payload.count {
                let byte = payload[at]
                if zeros >= 2, byte <= 3 {
                    unit.append(contentsOf: payload[start..<at])
                    unit.append(3)
                    start = at
                    zeros = 0
                }
                zeros = byte == 0 ? zeros + 1 : 0
                at += 1
            }
            unit.append(contentsOf: payload[start...])
        }
        return unit
    }
}
