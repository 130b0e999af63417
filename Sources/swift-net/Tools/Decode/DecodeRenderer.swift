import LinuxProcess
import SwiftNet

/// The output of `decode`, as text or JSON.
struct DecodeRenderer: ~Copyable {
    private let command: DecodeCommand
    /// The number of packets that are still to be explained.
    private var explanationsLeft: Int
    private let console: Console
    private var time: PacketTime
    private var text = TextBuffer(capacity: 1 << 16)
    private var json: PacketJSON
    /// The buffer size, in bytes, at which output is passed on.
    private static let batch = 1 << 15

    init(_ command: DecodeCommand, _ console: Console) {
        self.command = command
        explanationsLeft = command.general.isVerbose ? .max : command.general.explained ?? 0
        self.console = console
        time = PacketTime(command.timeFormat, isPrecise: command.isPrecise)
        json = PacketJSON(showsBytes: command.showsBytes)
    }

    /// Whether to explain this packet field by field; counts it.
    private mutating func takesExplanation() -> Bool {
        guard explanationsLeft > 0 else { return false }
        explanationsLeft -= 1
        return true
    }

    mutating func show(_ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int) {
        guard command.printsPackets else { return }
        if console.isJSON {
            showJSON(packet, bytes, layers, number: number)
        } else {
            showText(packet, bytes, layers, number: number)
        }
    }

    private mutating func showText(
        _ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int
    ) {
        if command.showsNumber {
            text.append(decimal: number)
            text.append(" ")
        }
        time.append(packet.nanoseconds, to: &text)
        if command.showsLinkLevel { text.append(linkLevelOf: bytes, layers, length: packet.originalLength) }
        text.append(lineOf: bytes, layers, originalLength: packet.originalLength)
        text.append(UInt8(ascii: "\n"))
        if takesExplanation() {
            let explanation = Explanation(
                bytes, startingAt: .link(packet.linkType), frameCheckSequenceLength: packet.frameCheckSequenceLength,
                originalLength: packet.originalLength)
            text.append(explanation.table(bytes, showsBytes: command.showsBytes || !command.general.isVerbose, console))
        } else if command.showsBytes {
            text.append(dumpOf: bytes)
        }
        if text.count >= Self.batch { passOn() }
    }

    private mutating func showJSON(
        _ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int
    ) {
        if takesExplanation() { return explain(packet, bytes, number: number) }
        json.text.append("{\"type\":\"packet\",\"number\":")
        json.text.append(decimal: number)
        if let nanoseconds = packet.nanoseconds {
            json.text.append(",\"time\":\"")
            json.text.append(rfc3339: nanoseconds, digits: command.isPrecise ? 9 : 6)
            json.text.append("\",\"length\":")
        } else {
            json.text.append(",\"time\":null,\"length\":")
        }
        json.text.append(decimal: packet.originalLength)
        json.text.append(",\"captured\":")
        json.text.append(decimal: bytes.byteCount)
        if let direction = packet.direction {
            json.text.append(direction == .outbound ? ",\"direction\":\"out\"" : ",\"direction\":\"in\"")
        }
        json.text.append(",")
        json.append(bytes, layers, frameCheckSequenceLength: packet.frameCheckSequenceLength)
        json.text.append("}\n")
        if json.text.count >= Self.batch { passOn() }
    }

    private mutating func explain(_ packet: CapturedPacket, _ bytes: RawSpan, number: Int) {
        // Keep the order of the packets.
        passOn()
        let explanation = Explanation(
            bytes, startingAt: .link(packet.linkType), frameCheckSequenceLength: packet.frameCheckSequenceLength,
            originalLength: packet.originalLength)
        let row = ExplainedPacketRow(
            number: number, length: packet.originalLength, captured: bytes.byteCount,
            direction: packet.direction.map { $0 == .outbound ? "out" : "in" },
            explanation: ExplanationRow(explanation, of: bytes))
        console.write("packet", row, wall: packet.nanoseconds, digits: command.isPrecise ? 9 : 6)
    }

    /// Writes and flushes all output.
    mutating func flush() {
        passOn()
        console.output.flush()
    }

    private mutating func passOn() {
        if console.isJSON {
            console.output.write(json.text.bytes)
        } else {
            console.output.write(text.bytes)
        }
        text.removeAll()
        json.text.removeAll()
    }

    mutating func finish(seen: Int, shown: Int, isComplete: Bool) {
        passOn()
        if console.isJSON {
            let row = DecodeSummaryRow(packets: seen, shown: shown, complete: isComplete)
            console.write("summary", row, at: SystemClock.now)
        } else if command.general.isQuiet {
            let noun = seen == 1 ? "packet" : "packets"
            console.output.write(shown == seen ? "\(seen) \(noun)\n" : "\(shown) of \(seen) \(noun)\n")
        }
        console.output.flush()
    }
}

/// A packet with all of its fields.
private struct ExplainedPacketRow: JSONRow {
    var number: Int
    var length: Int
    var captured: Int
    var direction: String?
    @Inlined var explanation: ExplanationRow
}

private struct DecodeSummaryRow: JSONRow {
    var packets: Int
    var shown: Int
    var complete: Bool
}
