import LinuxProcess
import SwiftNet

/// Prints the segments of --segments, one line or one JSON object each.
final class LadderText {
    private let console: Console
    /// The local port of the first connection: lines of other connections show theirs.
    private var firstPort: UInt16?

    init(_ console: Console) { self.console = console }

    func show(_ record: SegmentRecord) {
        if console.isJSON {
            console.write("segment", SegmentRow(record), at: SystemClock.now)
        } else {
            console.output.write(line(record) + "\n")
        }
    }

    private func line(_ record: SegmentRecord) -> String {
        let first = firstPort ?? record.local.port
        firstPort = first
        let flags = record.flags.setNames.joined(separator: " ").uppercased()
        var text = "  +\(Text.right(Milliseconds.fixed(record.since), 9)) ms  "
        text += record.isOutbound ? "---->" : "<----"
        text += "  \(Text.left(flags, 11))  seq \(Text.left("\(record.sequence)", 9))"
        text += " ack \(Text.left("\(record.acknowledgment)", 9)) len \(Text.left("\(record.length)", 5))"
        text += " win \(Text.left("\(record.window)", 7))"
        let kind = record.kind.rawValue.split(separator: "-").joined(separator: " ")
        switch record.kind {
        case .retransmission, .duplicateAcknowledgment, .reset, .windowProbe:
            text += " \(console.painted(kind, .yellow))"
        default: text += " \(kind)"
        }
        if record.flags.contains(.syn)
            || record.options.contains(where: { $0.kind == TCPOption.Kind.selectiveAcknowledgment })
        {
            text += "  <\(Self.names(record.options).joined(separator: ", "))>"
        }
        if record.local.port != first { text += "  port \(record.local.port)" }
        return text
    }

    /// The names of the options, without padding.
    fileprivate static func names(_ options: [TCPOption]) -> [String] {
        options.filter { $0 != .noOperation }.compactMap(\.name)
    }
}

/// A segment of a run's own connections.
private struct SegmentRow: JSONRow {
    var direction: String
    var local: String
    var remote: String
    var flags: [String]
    var sequence: Int
    var acknowledgment: Int
    var length: Int
    var window: Int
    var options: [String]
    var sinceMs: Nanoseconds
    var kind: String

    init(_ record: SegmentRecord) {
        direction = record.isOutbound ? "out" : "in"
        local = "\(record.local)"
        remote = "\(record.remote)"
        flags = record.flags.setNames
        sequence = record.sequence
        acknowledgment = record.acknowledgment
        length = record.length
        window = record.window
        options = LadderText.names(record.options)
        sinceMs = record.since
        kind = record.kind.rawValue
    }
}
