// What tcpdump prints around a packet's line.

extension TextBuffer {
    /// Appends all bytes in hexadecimal and ASCII, 16 per line, as tcpdump -XX does.
    public mutating func append(dumpOf bytes: RawSpan) {
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

    /// Appends the link level of an Ethernet frame, as tcpdump -e does: `02:00:00:00:00:01 > 02:00:00:00:00:02,
    /// ethertype IPv4, length 74: `; nothing for other packets.
    /// - Parameter length: the length of the packet on the wire, in bytes.
    public mutating func append(linkLevelOf bytes: RawSpan, _ layers: PacketLayers, length: Int) {
        guard layers.linkType == .ethernet, layers.network != .none, let frame = try? EthernetView(bytes) else {
            return
        }
        append(frame.source)
        append(" > ")
        append(frame.destination)
        append(", ethertype ")
        append(layers.etherType.description)
        append(", length ")
        append(decimal: length)
        append(": ")
    }
}
