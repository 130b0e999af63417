import SwiftNet

/// Formats text, and escapes text from the network for a terminal.
enum Text {
    /// Returns text with visible line ends (`\r\n`); other control bytes and invalid UTF-8 become `\xNN`.
    static func visible(_ bytes: ArraySlice<UInt8>) -> String {
        var text = ""
        var rest = bytes
        while let byte = rest.first {
            switch byte {
            case 13: text += "\\r"
            case 10: text += "\\n"
            case 9: text += "\\t"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 0
                if length > 0, let letters = String(validating: rest.prefix(length), as: UTF8.self),
                    rest.prefix(length).count == length
                {
                    text += escaped(letters)
                    rest = rest.dropFirst(length)
                    continue
                }
                text += "\\x" + hexadecimal(byte)
            }
            rest = rest.dropFirst()
        }
        return text
    }

    /// Escapes each byte of control characters as `\xNN`; a backslash is not escaped.
    static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                for byte in String(scalar).utf8 { result += "\\x" + hexadecimal(byte) }
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A field of comma-separated values (RFC 4180, section 2): in quotation marks if it has a comma or one of them.
    static func csvField(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
        return "\"" + joined(text.split(separator: "\"", omittingEmptySubsequences: false).map(String.init), by: "\"\"")
            + "\""
    }

    /// The text of an XML attribute, without characters that XML does not allow.
    static func xml(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default:
                if isControl(scalar) {
                    result += escaped(String(scalar))
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// The text of an XML comment, which must not contain `--`.
    static func xmlComment(_ text: String) -> String {
        var result = ""
        for character in xml(text) { result += character == "-" && result.last == "-" ? " -" : String(character) }
        return result
    }

    /// Joins parts with a separator. (The standard library's `joined` is generic, and its first call is slow at
    /// start-up.)
    static func joined(_ parts: [String], by separator: String) -> String {
        var text = ""
        for (index, part) in parts.enumerated() {
            if index > 0 { text += separator }
            text += part
        }
        return text
    }

    /// Returns text with spaces after it, at least `width` characters.
    /// - Parameter gap: The minimum number of spaces.
    static func left(_ text: String, _ width: Int, gap: Int = 0) -> String {
        text + String(repeating: " ", count: max(width - text.count, gap))
    }

    /// Returns text with spaces before it, at least `width` characters.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - text.count, 0)) + text
    }

    /// Returns a number with a noun: `1 query`, `2 queries`; the default plural ends in `s`.
    static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    /// Returns a duration: `0.454 s`, `12.3 s`, `2 min 5 s`, `3 h 4 min`.
    static func duration(inSeconds seconds: Double) -> String {
        let milliseconds = Int64(clamping: Int(min(max(seconds, 0), 1e12) * 1_000))
        if milliseconds < 10_000 { return Milliseconds.decimal(milliseconds, places: 3) + " s" }
        if milliseconds < 100_000 { return Milliseconds.decimal(milliseconds / 100, places: 1) + " s" }
        let whole = milliseconds / 1_000
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }
    /// Returns about how long the rest of a run takes, as the part of a status line; empty if that is unknown.
    static func timeLeft(after elapsed: Nanoseconds, done: Int, of total: Int) -> String {
        guard done > 0, total > done else { return "" }
        let seconds = (elapsed.seconds / Double(done) * Double(total - done)).rounded(.up)
        return seconds < 1 ? "" : ", about \(duration(wholeSeconds: Int(min(seconds, 1e9)))) left"
    }

    private static func duration(wholeSeconds seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3_600: "\(seconds / 60) min \(seconds % 60) s"
        default: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        }
    }

    /// Returns when something expires or expired, in whole days, hours or minutes.
    static func expiry(inSeconds seconds: Int64) -> String {
        let minutes = Int(seconds.magnitude / 60)
        let time =
            switch minutes {
            case ..<60: count(minutes, "minute")
            case ..<1_440: count(minutes / 60, "hour")
            default: count(minutes / 1_440, "day")
            }
        return seconds < 0 ? "expired \(time) ago" : "expires in \(time)"
    }

    static func isURL(_ text: String) -> Bool { text.drop { $0 != ":" }.hasPrefix("://") }

    /// `a`, `a or b`, `a, b or c`.
    static func alternatives(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return joined(names.dropLast(), by: ", ") + " or " + last
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            // Bidirectional formatting characters.
            || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
}

extension Vendors {
    /// Returns a MAC address with its vendor if known: `00:00:5e:00:53:01 (IANA)`.
    func named(_ mac: MACAddress) -> String {
        name(of: mac).map { "\(mac) (\(Text.escaped($0)))" } ?? "\(mac)"
    }
}
