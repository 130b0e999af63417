extension TextBuffer {
    /// Appends `"name":`, the name of a member of a JSON object. An uppercase letter becomes an underscore and the
    /// lowercase letter, a run of uppercase letters one word: `rttMs` is written as `rtt_ms`, `pathMTU` as `path_mtu`.
    public mutating func append(jsonName name: String) {
        append(UInt8(ascii: "\""))
        var isInCapitals = true
        for byte in name.utf8 {
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) {
                if !isInCapitals { append(UInt8(ascii: "_")) }
                append(byte | 0x20)
                isInCapitals = true
            } else {
                append(byte)
                isInCapitals = false
            }
        }
        append(UInt8(ascii: "\""))
        append(UInt8(ascii: ":"))
    }

    /// Appends text as a JSON string in quotation marks (RFC 8259, section 7). Control characters are escaped,
    /// including U+007F to U+009F, which terminals may interpret.
    public mutating func append(jsonString text: String) {
        append(UInt8(ascii: "\""))
        // U+0080 to U+009F are C2 80 to C2 9F in UTF-8.
        var isAfterC2 = false
        for byte in text.utf8 {
            if isAfterC2 {
                isAfterC2 = false
                if byte < 0xA0 {
                    appendUnicodeEscape(byte)
                } else {
                    append(0xC2)
                    append(byte)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7F: appendUnicodeEscape(byte)
            case 0xC2: isAfterC2 = true
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendUnicodeEscape(_ byte: UInt8) {
        append("\\u00")
        append(hexadecimal: UInt64(byte), digits: 2)
    }
}
