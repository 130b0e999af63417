import SwiftNet

extension Explanation {
    /// Returns a table of all fields: offset, optionally bytes, name and meaning.
    func table(_ packet: RawSpan, showsBytes: Bool, _ console: Console) -> String {
        var text = ""
        for section in sections {
            text += "  \(section.layer)\(section.isQuoted ? " (quoted)" : "")\n"
            for field in section.fields {
                text += "    " + Self.right("\(field.offset)", 4) + "  "
                if showsBytes { text += Self.left(Self.hexadecimal(packet, field, limit: 8), 26) }
                let isWrong = field.meaning.hasSuffix(", \(ChecksumState.incorrect.rawValue)")
                let meaning = isWrong ? console.painted(field.meaning, .red) : field.meaning
                text += Self.left(field.name, 22) + meaning + "\n"
            }
        }
        for problem in problems { text += "  " + console.painted("problem: \(Text.escaped(problem))", .yellow) + "\n" }
        return text
    }

    /// Returns the bytes of a field in hexadecimal, at most `limit` of them.
    static func hexadecimal(_ packet: RawSpan, _ field: Field, limit: Int) -> String {
        let bytes = packet.dropping(field.offset).prefix(field.length)
        let shown = bytes.byteCount > limit ? limit - 1 : bytes.byteCount
        let text = (0..<shown).map { WireFormat.hexadecimal(bytes.byte(at: $0)) }.joined(separator: " ")
        return text + (shown < bytes.byteCount ? " .." : "")
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
