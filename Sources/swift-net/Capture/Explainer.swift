import LinuxProcess
import SwiftNet

/// Explains the first packets each way, field by field.
final class Explainer {
    private var left: [PacketTrace.Direction: Int]
    private let console: Console

    init(count: Int, console: Console) {
        left = [.outbound: count, .inbound: count]
        self.console = console
    }

    func show(_ packet: PacketTrace) {
        guard let count = left[packet.direction], count > 0 else { return }
        left[packet.direction] = count - 1
        let start: Explanation.Start =
            switch packet.start {
            case .frame: .ethernet
            case .datagram: .datagram
            case .message: packet.family == .v4 ? .icmp : .icmpv6
            }
        let explanation = Explanation(packet.bytes.rawBytes, startingAt: start)
        let isOutbound = packet.direction == .outbound
        if console.isJSON {
            var object = JSONObject(type: "packet")
            object.add("direction", isOutbound ? "out" : "in")
            object.add("length", packet.bytes.count)
            explanation.add(to: &object, packet.bytes.rawBytes)
            console.output.write(object.line + "\n")
        } else {
            console.output.write("\(isOutbound ? "sent" : "received") \(packet.bytes.count) bytes\n")
            console.output.write(explanation.table(packet.bytes.rawBytes, showsBytes: true, console))
        }
    }
}
