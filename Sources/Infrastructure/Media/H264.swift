/// A small H.264 encoder (ITU-T H.264, Constrained Baseline) that loses nothing but the colour conversion.
///
/// A macroblock is sent as it is (I_PCM), or as an exact continuation of its neighbour (Intra_16x16 without a
/// residual), or, between key frames, not at all (P_Skip). There is no transform, no motion and no deblocking, so
/// the decoder's picture is ours, sample by sample. Drawn pictures with plain areas come out small.
struct H264 {
    let picture: (width: Int, height: Int)
    let framesPerSecond: Int

    /// Bits of `frame_num`; between two key frames there are fewer frames than that counts.
    private static let frameNumberBits = 16

    private var current: Picture
    private var frameNumber = 0
    private var keyFrames = 0
    private(set) var largestFrame = 0

    init(width: Int, height: Int, framesPerSecond: Int) {
        picture = (width, height)
        self.framesPerSecond = framesPerSecond
        current = Picture(width: width, height: height)
    }

    /// The next frame as one NAL unit; no canvas means the same picture as before. The first frame must be a key.
    mutating func frame(_ canvas: Canvas?, isKey: Bool) -> [UInt8] {
        let changed = canvas.map { current.update(from: $0) } ?? [Bool](repeating: false, count: current.blockCount)
        let unit = isKey ? keyFrame() : followingFrame(changed)
        largestFrame = max(largestFrame, unit.count + 4)
        return unit
    }

    private mutating func keyFrame() -> [UInt8] {
        frameNumber = 0
        var bits = BitWriter()
        bits.unsigned(0)  // first_mb_in_slice
        bits.unsigned(7)  // slice_type: all I
        bits.unsigned(0)  // pic_parameter_set_id
        bits.put(0, bits: Self.frameNumberBits)
        bits.unsigned(keyFrames % 2)  // idr_pic_id differs from that of the IDR picture before
        bits.flag(false)  // no_output_of_prior_pics_flag
        bits.flag(false)  // long_term_reference_flag
        bits.signed(0)  // slice_qp_delta
        bits.unsigned(1)  // disable_deblocking_filter_idc
        var coded = CodedBlocks(count: current.blockCount, across: current.blocksAcross)
        for block in 0..<current.blockCount {
            put(block, typeOffset: 0, &coded, &bits)
        }
        bits.trail()
        keyFrames += 1
        return NALUnit.bytes(NALUnit.keySlice, bits.bytes)
    }

    private mutating func followingFrame(_ changed: [Bool]) -> [UInt8] {
        frameNumber += 1
        var bits = BitWriter()
        bits.unsigned(0)  // first_mb_in_slice
        bits.unsigned(5)  // slice_type: all P
        bits.unsigned(0)  // pic_parameter_set_id
        bits.put(UInt32(truncatingIfNeeded: frameNumber), bits: Self.frameNumberBits)
        bits.flag(false)  // num_ref_idx_active_override_flag
        bits.flag(false)  // ref_pic_list_modification_flag_l0
        bits.flag(false)  // adaptive_ref_pic_marking_mode_flag
        bits.signed(0)  // slice_qp_delta
        bits.unsigned(1)  // disable_deblocking_filter_idc
        var coded = CodedBlocks(count: current.blockCount, across: current.blocksAcross)
        var skipped = 0
        for block in 0..<current.blockCount {
            if changed[block] {
                bits.unsigned(skipped)  // mb_skip_run
                skipped = 0
                put(block, typeOffset: 5, &coded, &bits)
            } else {
                skipped += 1
            }
        }
        if skipped > 0 { bits.unsigned(skipped) }
        bits.trail()
        return NALUnit.bytes(NALUnit.slice, bits.bytes)
    }

    // MARK: Macroblocks

    /// Which macroblocks of the slice went as I_PCM: their neighbours' code tables depend on it (9.2.1).
    private struct CodedBlocks {
        var isRaw: [Bool]
        let across: Int

        init(count: Int, across: Int) {
            isRaw = [Bool](repeating: false, count: count)
            self.across = across
        }

        /// Whether nC is 8 or more: an I_PCM neighbour counts 16 coefficients, all others none.
        func isCrowded(_ block: Int) -> Bool {
            (block % across > 0 && isRaw[block - 1]) || (block >= across && isRaw[block - across])
        }
    }

    /// A macroblock layer; `typeOffset` is 5 in a P slice, where the inter types come first (table 7-13).
    private func put(_ block: Int, typeOffset: Int, _ coded: inout CodedBlocks, _ bits: inout BitWriter) {
        if let luma = current.prediction(of: block, side: 16, offset: 0),
            let chroma = chromaPrediction(of: block)
        {
            bits.unsigned(typeOffset + (luma == .vertical ? 1 : 2))  // mb_type: I_16x16_0_0_0, I_16x16_1_0_0
            bits.unsigned(chroma == .horizontal ? 1 : 2)  // intra_chroma_pred_mode
            bits.signed(0)  // mb_qp_delta
            // coeff_token for no coefficients of the luma DC block (table 9-5)
            if coded.isCrowded(block) { bits.put(0b000011, bits: 6) } else { bits.put(1, bits: 1) }
            return
        }
        bits.unsigned(typeOffset + 25)  // mb_type: I_PCM
        bits.align()
        current.samples.withUnsafeBufferPointer { samples in
            let start = block * Picture.blockBytes
            bits.append(UnsafeBufferPointer(rebasing: samples[start..<start + Picture.blockBytes]))
        }
        coded.isRaw[block] = true
    }

    /// Both chroma planes share one mode.
    private func chromaPrediction(of block: Int) -> Picture.Prediction? {
        guard let cb = current.prediction(of: block, side: 8, offset: 256),
            let cr = current.prediction(of: block, side: 8, offset: 320)
        else { return nil }
        if cb == cr { return cb }
        // A plane that is flat and equal to both neighbours fits either mode; rare enough to send as it is.
        return nil
    }
}
