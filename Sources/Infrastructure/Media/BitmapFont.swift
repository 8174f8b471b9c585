/// A font of 5 by 7 dots with one more row for descenders, drawn for this program. It has the printable
/// characters of ASCII; accented Latin letters and typographic marks are drawn as their plain forms.
enum BitmapFont {
    static let glyphWidth = 5
    static let glyphHeight = 8
    /// With one column between letters.
    static let advance = 6
    /// With two rows between lines.
    static let lineHeight = 10

    /// What stands for a character that the font lacks: an empty frame.
    static let missing: UInt8 = 0x7F

    /// Eight rows of a byte each, the top one first; bit 4 is the left column.
    static func glyph(_ character: UInt8) -> UInt64 {
        let index = Int(character) - 0x20
        return glyphs.indices.contains(index) ? glyphs[index] : box
    }

    private static let box: UInt64 = 0x1F11_1111_1111_1F00

    /// From the space (0x20) to the tilde (0x7E).
    private static let glyphs: [UInt64] = [
        0x0000_0000_0000_0000, 0x0404_0404_0400_0400, 0x0A0A_0A00_0000_0000,  // space ! "
        0x0A0A_1F0A_1F0A_0A00, 0x040F_140E_051E_0400, 0x1819_0204_0813_0300,  // # $ %
        0x0C12_1408_1512_0D00, 0x0404_0800_0000_0000, 0x0204_0808_0804_0200,  // & ' (
        0x0804_0202_0204_0800, 0x0004_150E_1504_0000, 0x0004_041F_0404_0000,  // ) * +
        0x0000_0000_000C_0408, 0x0000_001F_0000_0000, 0x0000_0000_000C_0C00,  // , - .
        0x0001_0204_0810_0000, 0x0E11_1315_1911_0E00, 0x040C_0404_0404_0E00,  // / 0 1
        0x0E11_0102_0408_1F00, 0x1F02_0402_0111_0E00, 0x0206_0A12_1F02_0200,  // 2 3 4
        0x1F10_1E01_0111_0E00, 0x0608_101E_1111_0E00, 0x1F01_0204_0808_0800,  // 5 6 7
        0x0E11_110E_1111_0E00, 0x0E11_110F_0102_0C00, 0x000C_0C00_0C0C_0000,  // 8 9 :
        0x000C_0C00_000C_0408, 0x0204_0810_0804_0200, 0x0000_1F00_1F00_0000,  // ; < =
        0x0804_0201_0204_0800, 0x0E11_0102_0400_0400, 0x0E11_010D_1515_0E00,  // > ? @
        0x0E11_1111_1F11_1100, 0x1E11_111E_1111_1E00, 0x0E11_1010_1011_0E00,  // A B C
        0x1C12_1111_1112_1C00, 0x1F10_101E_1010_1F00, 0x1F10_101E_1010_1000,  // D E F
        0x0E11_1017_1111_0F00, 0x1111_111F_1111_1100, 0x0E04_0404_0404_0E00,  // G H I
        0x0702_0202_0212_0C00, 0x1112_1418_1412_1100, 0x1010_1010_1010_1F00,  // J K L
        0x111B_1515_1111_1100, 0x1111_1915_1311_1100, 0x0E11_1111_1111_0E00,  // M N O
        0x1E11_111E_1010_1000, 0x0E11_1111_1512_0D00, 0x1E11_111E_1412_1100,  // P Q R
        0x0F10_100E_0101_1E00, 0x1F04_0404_0404_0400, 0x1111_1111_1111_0E00,  // S T U
        0x1111_1111_110A_0400, 0x1111_1115_151B_1100, 0x1111_0A04_0A11_1100,  // V W X
        0x1111_110A_0404_0400, 0x1F01_0204_0810_1F00, 0x0E08_0808_0808_0E00,  // Y Z [
        0x0010_0804_0201_0000, 0x0E02_0202_0202_0E00, 0x040A_1100_0000_0000,  // \ ] ^
        0x0000_0000_0000_001F, 0x0804_0200_0000_0000, 0x0000_0E01_0F11_0F00,  // _ ` a
        0x1010_1619_1111_1E00, 0x0000_0E10_1011_0E00, 0x0101_0D13_1111_0F00,  // b c d
        0x0000_0E11_1F10_0E00, 0x0609_081C_0808_0800, 0x0000_0F11_110F_010E,  // e f g
        0x1010_1619_1111_1100, 0x0400_0C04_0404_0E00, 0x0200_0602_0202_120C,  // h i j
        0x1010_1214_1814_1200, 0x0C04_0404_0404_0E00, 0x0000_1A15_1511_1100,  // k l m
        0x0000_1619_1111_1100, 0x0000_0E11_1111_0E00, 0x0000_1E11_111E_1010,  // n o p
        0x0000_0F11_110F_0101, 0x0000_1619_1010_1000, 0x0000_0F10_0E01_1E00,  // q r s
        0x0808_1C08_0809_0600, 0x0000_1111_1113_0D00, 0x0000_1111_110A_0400,  // t u v
        0x0000_1111_1515_0A00, 0x0000_110A_040A_1100, 0x0000_1111_110F_010E,  // w x y
        0x0000_1F02_0408_1F00, 0x0204_0408_0404_0200, 0x0404_0404_0404_0400,  // z { |
        0x0804_0402_0404_0800, 0x0000_0815_0200_0000,  // } ~
    ]
}
