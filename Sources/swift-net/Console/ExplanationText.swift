import SwiftNet

extension Explanation {
    /// Returns a table of all fields: offset, optionally bytes, name and meaning.
    func table(_ packet: RawSpan, showsBytes: Bool, _ console: Console) -> String {
        var text = ""
        for section in sections {
            text += "  \(section.layer)\(section.isQuoted ? " (quoted)" : "")\n"
            for field in section.fields {
                text += "    " + Text.right("\(field.offset)", 4) + "  "
                if showsBytes { text += Text.left(Self.hexadecimal(packet, field, limit: 8), 26, gap: 1) }
                let meaning = field.isWrong ? console.painted(field.meaning, .red) : field.meaning
                text += Text.left(field.name, 22, gap: 1) + meaning + "\n"
            }
        }
        for problem in problems { text += "  " + console.painted("problem: \(Text.escaped(problem))", .yellow) + "\n" }
        return text
    }

    /// Returns the bytes of a field in hexadecimal, at most `limit` of them.
    static func hexadecimal(_ packet: RawSpan, _ field: Field, limit: Int) -> String {
        let bytes = packet.dropping(field.offset).prefix(field.length)
        let shown = bytes.byteCount > limit ? limit - 1 : bytes.byteCount
        return WireFormat.hexadecimal(bytes.prefix(shown).copied(), separator: " ")
            + (shown < bytes.byteCount ? " .." : "")
    }
}
