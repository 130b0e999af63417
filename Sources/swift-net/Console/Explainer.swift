import LinuxProcess
import SwiftNet

/// Explains the first packets of each direction, field by field.
final class Explainer {
    private var remaining: [PacketTrace.Direction: Int]
    private let console: Console

    init(count: Int, console: Console) {
        remaining = [.outbound: count, .inbound: count]
        self.console = console
    }

    func show(_ packet: PacketTrace) {
        guard let count = remaining[packet.direction], count > 0 else { return }
        remaining[packet.direction] = count - 1
        let start: Explanation.Start =
            switch packet.start {
            case .frame: .ethernet
            case .datagram: .datagram
            case .message: packet.family == .v4 ? .icmp : .icmpv6
            }
        let explanation = Explanation(packet.bytes.rawBytes, startingAt: start)
        let isOutbound = packet.direction == .outbound
        if console.isJSON {
            let row = ExplainedPacketRow(
                direction: isOutbound ? "out" : "in", length: packet.bytes.count,
                explanation: ExplanationRow(explanation, of: packet.bytes.rawBytes))
            console.write("packet", row, at: SystemClock.now)
        } else {
            console.output.write("\(isOutbound ? "sent" : "received") \(packet.bytes.count) bytes\n")
            console.output.write(explanation.table(packet.bytes.rawBytes, showsBytes: true, console))
        }
    }
}

private struct ExplainedPacketRow: JSONRow {
    var direction: String
    var length: Int
    @Inlined var explanation: ExplanationRow
}
