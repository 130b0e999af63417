import WireFormat

/// The title of an HTML page (HTML, section 4.2.2), from the beginning of its bytes.
enum HTMLTitle {
    /// The number of bytes in which a title is looked for.
    static let searched = 32 << 10
    private static let longest = 300

    /// Returns the title, on one line; nil if there is none.
    static func find(in bytes: [UInt8], contentType: String?) -> String? {
        let type = contentType?.lowercased() ?? ""
        guard type.isEmpty || type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") else { return nil }
        let page = bytes.prefix(searched)
        guard let open = index(of: "<title", in: page), let start = page[open...].firstIndex(of: UInt8(ascii: ">"))
        else {
            return nil
        }
        let rest = page[(start + 1)...]
        guard let end = index(of: "</title", in: rest) else { return nil }
        let isLatin = ["iso-8859-1", "latin1", "windows-1252"].contains {
            index(of: $0, in: Array(type.utf8)[...]) != nil
        }
        let content = rest[..<end]
        var raw = String(decoding: content, as: UTF8.self)
        if isLatin {
            raw = ""
            for byte in content { raw.unicodeScalars.append(Unicode.Scalar(byte)) }
        }
        let text = unescaped(raw).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.isEmpty ? nil : String(text.prefix(longest))
    }

    /// Returns the index of a lowercase ASCII text, ignoring case.
    private static func index(of text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        let wanted = Array(text.utf8)
        guard bytes.count >= wanted.count, let first = wanted.first else { return nil }
        return (bytes.startIndex...bytes.endIndex - wanted.count).first { start in
            bytes[start] | 0x20 == first | 0x20
                && wanted.indices.allSatisfy { bytes[start + $0] | 0x20 == wanted[$0] | 0x20 }
        }
    }

    private static let names = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": " ", "copy": "©", "ndash": "–",
        "mdash": "—", "middot": "·", "raquo": "»", "laquo": "«", "hellip": "…", "bull": "•", "reg": "®",
    ]

    /// Replaces the character references that titles have (HTML, section 13.5).
    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let mark = rest.firstIndex(of: "&") {
            result += rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            guard let end = rest.prefix(10).firstIndex(of: ";"),
                let meant = names[String(rest[..<end])] ?? character(rest[..<end])
            else {
                result += "&"
                continue
            }
            result += meant
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// Returns the character of `#NUMBER` or `#xHEXADECIMAL`.
    private static func character(_ reference: Substring) -> String? {
        guard reference.first == "#" else { return nil }
        let digits = reference.dropFirst()
        let number = digits.first == "x" || digits.first == "X" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
    }
}
