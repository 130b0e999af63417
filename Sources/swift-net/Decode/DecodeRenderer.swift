import LinuxProcess
import SwiftNet

/// What `decode` prints of a packet, for people or for programs.
struct DecodeRenderer: ~Copyable {
    /// What the command line says, read once: the parser's own properties are slow.
    private struct Options {
        let isJSON: Bool
        /// No packets are printed.
        let isQuiet: Bool
        /// Their number is.
        let countsPackets: Bool
        let isVerbose: Bool
        let showsBytes: Bool
        let showsLinkLevel: Bool
        let showsNumber: Bool
    }

    private let options: Options
    /// Packets that are still to be explained.
    private var explanationsLeft: Int
    private let console: Console
    private var time: PacketTime
    private var text = TextBuffer(capacity: 1 << 16)
    private var json: PacketJSON
    /// Text is handed on when there is so much of it.
    private static let batch = 1 << 15

    init(_ command: DecodeCommand, _ console: Console, _ time: PacketTime, explained: Int) {
        explanationsLeft = command.verbose ? .max : explained
        // A capture in standard output is what was asked for: like tcpdump -w, it comes without lines.
        let writesCapture = command.pcap.map(BufferedOutput.isStandardOutput) ?? false
        options = Options(
            isJSON: command.json,
            isQuiet: command.quiet || writesCapture && !command.verbose && !command.hex && command.explain == nil,
            countsPackets: command.quiet, isVerbose: command.verbose, showsBytes: command.hex,
            showsLinkLevel: command.linkLevel, showsNumber: command.number)
        self.console = console
        self.time = time
        json = PacketJSON(showsBytes: command.hex)
    }

    /// Whether this packet is one that is explained field by field.
    private mutating func takesExplanation() -> Bool {
        guard explanationsLeft > 0 else { return false }
        explanationsLeft -= 1
        return true
    }

    mutating func show(_ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int) {
        if options.isQuiet { return }
        if options.isJSON {
            showJSON(packet, bytes, layers, number: number)
        } else {
            showText(packet, bytes, layers, number: number)
        }
    }

    private mutating func showText(
        _ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int
    ) {
        if options.showsNumber {
            text.append(decimal: number)
            text.append(" ")
        }
        time.append(packet.nanoseconds, to: &text)
        if options.showsLinkLevel { appendLinkLevel(bytes, layers, length: packet.originalLength) }
        text.append(lineOf: bytes, layers, originalLength: packet.originalLength)
        text.append(UInt8(ascii: "\n"))
        if takesExplanation() {
            let explanation = Explanation(
                bytes, startingAt: .link(packet.linkType), frameCheckSequenceLength: packet.frameCheckSequenceLength)
            text.append(explanation.table(bytes, showsBytes: options.showsBytes || !options.isVerbose, console))
        } else if options.showsBytes {
            text.append(dumpOf: bytes)
        }
        if text.count >= Self.batch { hand() }
    }

    /// `02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4, length 74: `.
    private mutating func appendLinkLevel(_ bytes: RawSpan, _ layers: PacketLayers, length: Int) {
        guard layers.linkType == .ethernet, layers.network != .none, let frame = try? EthernetView(bytes) else {
            return
        }
        text.append(frame.source)
        text.append(" > ")
        text.append(frame.destination)
        text.append(", ethertype ")
        text.append(layers.etherType.description)
        text.append(", length ")
        text.append(decimal: length)
        text.append(": ")
    }

    private mutating func showJSON(
        _ packet: CapturedPacket, _ bytes: RawSpan, _ layers: PacketLayers, number: Int
    ) {
        json.text.append("{\"type\":\"packet\",\"number\":")
        json.text.append(decimal: number)
        if let nanoseconds = packet.nanoseconds {
            json.text.append(",\"time\":\"")
            json.text.append(rfc3339: nanoseconds)
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
        if takesExplanation() {
            var object = JSONObject()
            Explanation(
                bytes, startingAt: .link(packet.linkType), frameCheckSequenceLength: packet.frameCheckSequenceLength
            ).add(to: &object, bytes)
            json.text.append(String(object.text.dropFirst()))
        } else {
            json.append(bytes, layers, frameCheckSequenceLength: packet.frameCheckSequenceLength)
        }
        json.text.append("}\n")
        if json.text.count >= Self.batch { hand() }
    }

    /// Hands everything over to the system.
    mutating func flush() {
        hand()
        console.output.flush()
    }

    private mutating func hand() {
        if options.isJSON {
            console.output.write(json.text.bytes)
        } else {
            console.output.write(text.bytes)
        }
        text.removeAll()
        json.text.removeAll()
    }

    mutating func finish(seen: Int, shown: Int, isComplete: Bool, failure: String?) {
        hand()
        if options.isJSON {
            if let failure {
                var object = JSONObject(type: "error")
                object.add("message", failure)
                console.output.write(object.line + "\n")
            }
            var object = JSONObject(type: "summary")
            object.add("packets", seen)
            object.add("shown", shown)
            object.add("complete", isComplete)
            console.output.write(object.line + "\n")
        } else if options.countsPackets {
            let words = seen == 1 ? "packet" : "packets"
            console.output.write(shown == seen ? "\(seen) \(words)\n" : "\(shown) of \(seen) \(words)\n")
        }
        console.output.flush()
    }
}

extension TextBuffer {
    /// All bytes in hexadecimal with the text beside them, sixteen a line, as tcpdump's -XX has it.
    mutating func append(dumpOf bytes: RawSpan) {
        var offset = 0
        while offset < bytes.byteCount {
            append("\t0x")
            append(hexadecimal: UInt64(offset), digits: 4)
            append(": ")
            let line = bytes.dropping(offset).prefix(16)
            for index in 0..<16 {
                if index % 2 == 0 { append(" ") }
                if index < line.byteCount {
                    append(hexadecimal: UInt64(line.byte(at: index)), digits: 2)
                } else {
                    append("  ")
                }
            }
            append("  ")
            for index in 0..<line.byteCount {
                let byte = line.byte(at: index)
                append((0x21..<0x7F).contains(byte) ? byte : UInt8(ascii: "."))
            }
            append("\n")
            offset += 16
        }
    }
}
