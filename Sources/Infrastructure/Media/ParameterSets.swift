extension H264 {
    /// `profile_idc` and the constraint flags of Constrained Baseline.
    static let profile: (indication: UInt8, constraints: UInt8) = (66, 0xC0)

    /// The lowest of three common levels whose bounds (table A-1) hold for the frames made so far: macroblocks a
    /// frame and a second, and the bytes that the first frame may have (A.3.1, MinCR).
    var level: UInt8 {
        let blocks = ((picture.width + 15) / 16) * ((picture.height + 15) / 16)
        let levels: [(level: UInt8, blocks: Int, rate: Int, compression: Int)] = [
            (31, 3600, 108_000, 4), (40, 8192, 245_760, 4), (51, 36_864, 983_040, 2),
        ]
        let fitting = levels.first { level in
            blocks <= level.blocks && blocks * framesPerSecond <= level.rate
                && largestFrame <= 384 * max(blocks, level.rate / 172) / level.compression
        }
        return fitting?.level ?? 51
    }

    /// The sequence parameter set as a NAL unit: size, cropping, colour and frame rate.
    func sequenceParameterSet() -> [UInt8] {
        let across = (picture.width + 15) / 16
        let down = (picture.height + 15) / 16
        var bits = BitWriter()
        bits.put(UInt32(Self.profile.indication), bits: 8)
        bits.put(UInt32(Self.profile.constraints), bits: 8)
        bits.put(UInt32(level), bits: 8)
        bits.unsigned(0)  // seq_parameter_set_id
        bits.unsigned(12)  // log2_max_frame_num_minus4: 16 bits
        bits.unsigned(2)  // pic_order_cnt_type: output order is decoding order
        bits.unsigned(1)  // max_num_ref_frames
        bits.flag(false)  // gaps_in_frame_num_value_allowed_flag
        bits.unsigned(across - 1)
        bits.unsigned(down - 1)
        bits.flag(true)  // frame_mbs_only_flag
        bits.flag(true)  // direct_8x8_inference_flag
        let right = across * 16 - picture.width
        let bottom = down * 16 - picture.height
        bits.flag(right + bottom > 0)
        if right + bottom > 0 {
            bits.unsigned(0)
            bits.unsigned(right / 2)
            bits.unsigned(0)
            bits.unsigned(bottom / 2)
        }
        bits.flag(true)  // vui_parameters_present_flag
        putUsability(&bits)
        bits.trail()
        return NALUnit.bytes(NALUnit.sequenceParameters, bits.bytes)
    }

    /// The picture parameter set as a NAL unit.
    func pictureParameterSet() -> [UInt8] {
        var bits = BitWriter()
        bits.unsigned(0)  // pic_parameter_set_id
        bits.unsigned(0)  // seq_parameter_set_id
        bits.flag(false)  // entropy_coding_mode_flag: CAVLC
        bits.flag(false)  // bottom_field_pic_order_in_frame_present_flag
        bits.unsigned(0)  // num_slice_groups_minus1
        bits.unsigned(0)  // num_ref_idx_l0_default_active_minus1
        bits.unsigned(0)  // num_ref_idx_l1_default_active_minus1
        bits.flag(false)  // weighted_pred_flag
        bits.put(0, bits: 2)  // weighted_bipred_idc
        bits.signed(0)  // pic_init_qp_minus26
        bits.signed(0)  // pic_init_qs_minus26
        bits.signed(0)  // chroma_qp_index_offset
        bits.flag(true)  // deblocking_filter_control_present_flag
        bits.flag(false)  // constrained_intra_pred_flag
        bits.flag(false)  // redundant_pic_cnt_present_flag
        bits.trail()
        return NALUnit.bytes(NALUnit.pictureParameters, bits.bytes)
    }

    /// Annex E: colour, timing and how little a decoder must hold back.
    private func putUsability(_ bits: inout BitWriter) {
        bits.flag(true)  // aspect_ratio_info_present_flag
        bits.put(1, bits: 8)  // square samples
        bits.flag(false)  // overscan_info_present_flag
        bits.flag(true)  // video_signal_type_present_flag
        bits.put(5, bits: 3)  // video_format: unspecified
        bits.flag(false)  // video_full_range_flag
        bits.flag(true)  // colour_description_present_flag
        bits.put(1, bits: 8)  // BT.709 primaries
        bits.put(1, bits: 8)  // BT.709 transfer
        bits.put(1, bits: 8)  // BT.709 matrix
        bits.flag(false)  // chroma_loc_info_present_flag
        bits.flag(true)  // timing_info_present_flag
        bits.put(1, bits: 32)  // num_units_in_tick
        bits.put(UInt32(framesPerSecond * 2), bits: 32)  // time_scale: two ticks a frame
        bits.flag(true)  // fixed_frame_rate_flag
        bits.flag(false)  // nal_hrd_parameters_present_flag
        bits.flag(false)  // vcl_hrd_parameters_present_flag
        bits.flag(false)  // pic_struct_present_flag
        bits.flag(true)  // bitstream_restriction_flag
        bits.flag(true)  // motion_vectors_over_pic_boundaries_flag
        bits.unsigned(0)  // max_bytes_per_pic_denom: no bound
        bits.unsigned(0)  // max_bits_per_mb_denom: no bound
        bits.unsigned(0)  // log2_max_mv_length_horizontal
        bits.unsigned(0)  // log2_max_mv_length_vertical
        bits.unsigned(0)  // max_num_reorder_frames
        bits.unsigned(1)  // max_dec_frame_buffering
    }
}
