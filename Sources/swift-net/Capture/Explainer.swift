import LinuxNet
import WireFormat

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
            packet.startsAtMessage ? (packet.family == .v4 ? .icmp : .icmpv6) : .datagram
        let explanation = Explanation(packet.bytes.rawBytes, startingAt: start)
        let isOutbound = packet.direction == .outbound
        if console.isJSON {
            console.output.write(json(explanation, packet, isOutbound) + "\n")
        } else {
            console.output.write(text(explanation, packet, isOutbound))
        }
    }

    private func text(_ explanation: Explanation, _ packet: PacketTrace, _ isOutbound: Bool) -> String {
        var text = "\(isOutbound ? "sent" : "received") \(packet.bytes.count) bytes\n"
        for section in explanation.sections {
            text += "  \(section.layer.rawValue)\n"
            for field in section.fields {
                let offset = String(field.offset)
                text += "    \(String(repeating: " ", count: max(0, 4 - offset.count)))\(offset)  "
                text +=
                    Self.padded(Self.hexadecimal(packet.bytes, field), 26) + Self.padded(field.name, 18) + field.meaning
                    + "\n"
            }
        }
        if let problem = explanation.problem { text += "  \(problem)\n" }
        return text
    }

    private func json(_ explanation: Explanation, _ packet: PacketTrace, _ isOutbound: Bool) -> String {
        var object = JSONObject(type: "packet")
        object.add("direction", isOutbound ? "out" : "in")
        object.add("length", packet.bytes.count)
        let layers = explanation.sections.map { section in
            var layer = JSONObject()
            layer.add("layer", section.layer.rawValue)
            let fields = section.fields.map { field in
                var item = JSONObject()
                item.add("offset", field.offset)
                item.add("bytes", Self.hexadecimal(packet.bytes, field, limit: .max))
                item.add("name", field.name)
                item.add("meaning", field.meaning)
                return item.line
            }
            layer.add("fields", raw: "[\(fields.joined(separator: ","))]")
            return layer.line
        }
        object.add("layers", raw: "[\(layers.joined(separator: ","))]")
        if let problem = explanation.problem { object.add("problem", "\(problem)") }
        return object.line
    }

    /// The bytes of a field, the first eight where they are more.
    private static func hexadecimal(_ bytes: [UInt8], _ field: Explanation.Field, limit: Int = 8) -> String {
        let range = min(field.offset, bytes.count)..<min(field.offset + field.length, bytes.count)
        let shown = range.count > limit ? bytes[range].prefix(limit - 1) : bytes[range]
        return shown.map(WireFormat.hexadecimal).joined(separator: " ") + (shown.count < range.count ? " .." : "")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
