extension BitmapFont {
    /// The text in characters that the font has: ASCII as it is, other Latin letters by their base, tabs as
    /// spaces, line ends as one newline, and `missing` for the rest. Characters that show nothing are left out.
    static func ascii(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var previous: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            switch scalar.value {
            case 0x20...0x7E: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case 0x09, 0xA0, 0x2000...0x200A, 0x202F, 0x3000: bytes.append(UInt8(ascii: " "))
            case 0x0A where previous == "\r": break
            case 0x0A, 0x0D, 0x2028, 0x2029: bytes.append(UInt8(ascii: "\n"))
            default:
                if let plain = plain[scalar] {
                    bytes += plain
                } else if shows(scalar) {
                    bytes.append(missing)
                }
            }
        }
        return bytes
    }

    /// Controls, combining accents (their letter is drawn without) and joiners show nothing of their own.
    private static func shows(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .nonspacingMark, .enclosingMark, .surrogate: false
        default: true
        }
    }

    private static let plain: [Unicode.Scalar: [UInt8]] = {
        var table: [Unicode.Scalar: [UInt8]] = [:]
        for (letter, accented) in forms {
            for scalar in accented.unicodeScalars { table[scalar] = Array(letter.utf8) }
        }
        return table
    }()

    private static let forms: [(String, String)] = [
        ("A", "ÀÁÂÃÄÅĀĂĄǍ"), ("a", "àáâãäåāăąǎª"), ("AE", "Æ"), ("ae", "æ"),
        ("C", "ÇĆĈĊČ"), ("c", "çćĉċč"), ("D", "ÐĎĐ"), ("d", "ðďđ"), ("E", "ÈÉÊËĒĔĖĘĚ"), ("e", "èéêëēĕėęě"),
        ("G", "ĜĞĠĢ"), ("g", "ĝğġģ"), ("H", "ĤĦ"), ("h", "ĥħ"), ("I", "ÌÍÎÏĨĪĬĮİ"), ("i", "ìíîïĩīĭįı"),
        ("J", "Ĵ"), ("j", "ĵ"), ("K", "Ķ"), ("k", "ķĸ"), ("L", "ĹĻĽĿŁ"), ("l", "ĺļľŀł"),
        ("N", "ÑŃŅŇŊ"), ("n", "ñńņňŉŋ"), ("O", "ÒÓÔÕÖŌŎŐØ"), ("o", "òóôõöōŏőøº"), ("OE", "Œ"), ("oe", "œ"),
        ("R", "ŔŖŘ"), ("r", "ŕŗř"), ("S", "ŚŜŞŠȘ"), ("s", "śŝşšș"), ("ss", "ß"), ("SS", "ẞ"),
        ("T", "ŢŤŦȚ"), ("t", "ţťŧț"), ("Th", "Þ"), ("th", "þ"), ("U", "ÙÚÛÜŨŪŬŮŰŲ"), ("u", "ùúûüũūŭůűų"),
        ("W", "ŴẀẂẄ"), ("w", "ŵẁẃẅ"), ("Y", "ÝŶŸ"), ("y", "ýÿŷ"),
        ("Z", "ŹŻŽ"), ("z", "źżž"), ("'", "‘’‚‛′´"), ("\"", "“”„‟″"), ("<<", "«"), (">>", "»"),
        ("<", "‹"), (">", "›"), ("-", "‐‑‒–−"), ("--", "—―"), ("...", "…"), ("*", "•·∙"), ("x", "×"), ("/", "÷⁄"),
        ("!", "¡"), ("?", "¿"), ("(c)", "©"), ("(r)", "®"), ("(tm)", "™"), ("EUR", "€"), ("GBP", "£"),
        ("JPY", "¥"), ("c", "¢"), ("deg", "°"), ("+-", "±"), ("u", "µ"), ("->", "→"), ("<-", "←"),
        ("1", "¹"), ("2", "²"), ("3", "³"), ("1/4", "¼"), ("1/2", "½"), ("3/4", "¾"), ("S", "§"), ("P", "¶"),
    ]
}
