import SwiftNet

/// Segments as rungs: a line each, or an object.
final class LadderText {
    private let console: Console
    private let isJSON: Bool
    /// Of the first connection: lines of others name theirs.
    private var firstPort: UInt16?

    init(_ console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
    }

    func show(_ record: SegmentRecord) {
        console.output.write((isJSON ? Self.object(record) : line(record)) + "\n")
    }

    private static func names(_ flags: TCPFlags) -> [String] {
        TCPFlags.names.filter { flags.contains($0.flag) }.map { "\($0.name)" }
    }

    private static func object(_ record: SegmentRecord) -> String {
        var object = JSONObject(type: "segment")
        object.add("direction", record.isOutbound ? "out" : "in")
        object.add("local", "\(record.local)")
        object.add("remote", "\(record.remote)")
        object.add("flags", raw: "[" + names(record.flags).map { "\"\($0)\"" }.joined(separator: ",") + "]")
        object.add("sequence", record.sequence)
        object.add("acknowledgment", record.acknowledgment)
        object.add("length", record.length)
        object.add("window", record.window)
        object.add(
            "options", raw: "[" + record.options.compactMap(word).map { "\"\($0)\"" }.joined(separator: ",") + "]")
        object.add("since_ms", raw: Milliseconds.json(record.since))
        object.add("kind", record.kind.rawValue)
        return object.line
    }

    private func line(_ record: SegmentRecord) -> String {
        let first = firstPort ?? record.local.port
        firstPort = first
        let flags = Self.names(record.flags).joined(separator: " ").uppercased()
        var text = "  +\(Self.padded(Milliseconds.fixed(record.since), 9, isRight: true)) ms  "
        text += record.isOutbound ? "---->" : "<----"
        text += "  \(Self.padded(flags, 11))  seq \(Self.padded("\(record.sequence)", 9))"
        text += " ack \(Self.padded("\(record.acknowledgment)", 9)) len \(Self.padded("\(record.length)", 5))"
        text += " win \(Self.padded("\(record.window)", 7))"
        let kind = record.kind.rawValue.split(separator: "-").joined(separator: " ")
        switch record.kind {
        case .retransmission, .duplicateAcknowledgment, .reset, .windowProbe:
            text += " \(console.painted(kind, .yellow))"
        default: text += " \(kind)"
        }
        let options = record.options.compactMap(Self.word)
        if record.flags.contains(.syn)
            || record.options.contains(where: { $0.kind == TCPOption.Kind.selectiveAcknowledgment })
        {
            text += "  <\(options.joined(separator: ", "))>"
        }
        if record.local.port != first { text += "  port \(record.local.port)" }
        return text
    }

    /// A short word for an option; nil for padding.
    private static func word(_ option: TCPOption) -> String? {
        switch option {
        case .endOfOptionList, .noOperation: nil
        case .maximumSegmentSize(let size): "mss \(size)"
        case .windowScale(let shift): "scale \(shift)"
        case .selectiveAcknowledgmentPermitted: "sack permitted"
        case .selectiveAcknowledgment(let blocks): "sack \(blocks.count)"
        case .timestamps: "timestamps"
        default: "kind \(option.kind)"
        }
    }

    private static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(width - text.count, 0))
        return isRight ? blanks + text : text + blanks
    }
}
