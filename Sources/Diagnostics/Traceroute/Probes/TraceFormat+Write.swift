import PacketEngine
import WireFormat

/// Writes probes into packets: the template, with the fields that differ between probes.
extension TraceFormat {
    /// The first destination of packets: the target, or the first gateway of a source route.
    var nextAddress: IPAddress { configuration.gateways.first.map { .v4($0) } ?? configuration.destination }

    /// Appends a probe to the batch. Returns false if the batch is full.
    func append(_ number: Int, _ packet: TracePacket, token: UInt64, to batch: inout PacketBatch) -> Bool {
        let length = min(packet.length, template.count)
        return batch.append(length: length, destination: nextAddress, token: token) { bytes, start in
            bytes.copy(template.rawBytes.prefix(length), at: start)
            write(number, packet, length, &bytes, at: start)
        }
    }

    @_lifetime(bytes: copy bytes)
    func write(
        _ number: Int, _ packet: TracePacket, _ length: Int, _ bytes: inout MutableRawSpan, at start: Int
    ) {
        let mark = mark(number)
        let transport = start + headerLength
        if length != usualLength { bytes.setBigEndian16(lengthField(length), at: start + (isIPv4 ? 2 : 4)) }
        switch configuration.method {
        case .udp: writeUDP(number, mark, packet.flow, length, &bytes, at: transport)
        case .icmp: writeEcho(mark, length, &bytes, at: transport)
        case .tcp:
            let port = sourcePort(ofFlow: packet.flow)
            let sum = InternetChecksum.updated(checksum, replacing: configuration.sourcePort, with: port)
            bytes.setBigEndian16(port, at: transport)
            bytes.setBigEndian16(mark, at: transport + 6)
            bytes.setBigEndian16(InternetChecksum.updated(sum, replacing: 0, with: mark), at: transport + 16)
        }
        if isIPv4 {
            bytes.setBigEndian16(mark, at: start + 4)
            bytes.setByte(packet.timeToLive, at: start + 8)
            bytes.setBigEndian16(0, at: start + 10)
            let sum = InternetChecksum.of(bytes.bytes.extracting(start..<transport))
            bytes.setBigEndian16(sum, at: start + 10)
        } else {
            bytes.setByte(packet.timeToLive, at: start + 7)
            // Routers may hash the flow label instead of the ports (RFC 6438): each flow has its own.
            if packet.flow > 0 {
                let word = bytes.bytes.bigEndian32(at: start)
                let label = (configuration.flowLabel &+ UInt32(truncatingIfNeeded: packet.flow)) & 0xF_FFFF
                bytes.setBigEndian32(word & ~0xF_FFFF | label, at: start)
            }
        }
    }

    @_lifetime(bytes: copy bytes)
    private func writeUDP(
        _ number: Int, _ mark: UInt16, _ flow: Int, _ length: Int, _ bytes: inout MutableRawSpan, at transport: Int
    ) {
        let source = sourcePort(ofFlow: flow)
        let destination = destinationPort(of: number)
        var sum = InternetChecksum.updated(checksum, replacing: configuration.sourcePort, with: source)
        sum = InternetChecksum.updated(sum, replacing: configuration.destinationPort, with: destination)
        if length != usualLength {
            let old = messageLength(usualLength)
            let new = messageLength(length)
            // The length occurs both in the pseudo header and in the UDP header.
            sum = InternetChecksum.updated(sum, replacing: old, with: new)
            sum = InternetChecksum.updated(sum, replacing: old, with: new)
            bytes.setBigEndian16(new, at: transport + 4)
        }
        bytes.setBigEndian16(source, at: transport)
        bytes.setBigEndian16(destination, at: transport + 2)
        bytes.setBigEndian16(mark, at: transport + 6)
        // The first word of the data makes the checksum equal to the mark: a + b = ~mark.
        bytes.setBigEndian16(Self.onesComplementSum(~mark, sum), at: transport + 8)
    }

    @_lifetime(bytes: copy bytes)
    private func writeEcho(_ mark: UInt16, _ length: Int, _ bytes: inout MutableRawSpan, at transport: Int) {
        bytes.setBigEndian16(mark, at: transport + 6)
        var sum = checksum
        // The contribution of the pseudo header's length; IPv4 has none for ICMP.
        let (old, new) = isIPv4 ? (0, 0) : (messageLength(usualLength), messageLength(length))
        if configuration.isOneFlow {
            // This word compensates for sequence number and length, so that the checksum stays the same.
            let word = Self.onesComplementSum(configuration.firstMark, ~mark)
            bytes.setBigEndian16(
                Self.onesComplementSum(word, Self.onesComplementSum(old, ~new)), at: transport + 8)
        } else {
            sum = InternetChecksum.updated(sum, replacing: configuration.firstMark, with: mark)
            sum = InternetChecksum.updated(sum, replacing: old, with: new)
        }
        bytes.setBigEndian16(sum, at: transport + 2)
    }

    /// The length field of the IP header of a packet of `length` bytes.
    private func lengthField(_ length: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: isIPv4 ? length : length - IPv6View.headerLength)
    }

    private static func onesComplementSum(_ left: UInt16, _ right: UInt16) -> UInt16 {
        let sum = UInt32(left) + UInt32(right)
        return UInt16(truncatingIfNeeded: (sum & 0xFFFF) + (sum >> 16))
    }
}
