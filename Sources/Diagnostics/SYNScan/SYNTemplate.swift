import PacketEngine
import WireFormat

/// A segment of the scan whose target is still missing: everything that is the same for all targets
/// of a way, and its checksums summed up so far (RFC 1624 has the idea).
struct SYNTemplate: Sendable {
    /// The shift that every SYN offers.
    static let windowScale: UInt8 = 7

    let bytes: [UInt8]
    let source: IPAddress
    /// 0 where there is only one.
    let interface: UInt32
    /// Without it the system carries the datagram.
    let hasFrame: Bool
    /// Where the IP header begins, and the TCP header.
    private let network: Int
    private let transport: Int
    private let networkSum: InternetChecksum
    private let transportSum: InternetChecksum

    /// A SYN with the options that a Linux host would offer, so that the answer shows what the other knows;
    /// or a reset, which has none.
    init(_ flags: TCPFlags, link: SYNScanLink, nextHop: MACAddress?, namesInterface: Bool, timestamp: UInt32 = 0) {
        source = link.source
        interface = namesInterface ? link.interface : 0
        hasFrame = link.mac != nil
        let options: TCPOptions =
            flags.contains(.syn)
            ? TCPOptions([
                .maximumSegmentSize(link.source.family == .v4 ? 1_460 : 1_440), .selectiveAcknowledgmentPermitted,
                .timestamps(value: timestamp, echoReply: 0), .noOperation, .windowScale(Self.windowScale),
            ]) : TCPOptions([])
        let segment = TCPSegment(
            sourcePort: 0, destinationPort: 0, sequenceNumber: 0, flags: flags,
            window: flags.contains(.syn) ? 64_240 : 0, options: options)
        var frame: [UInt8] = []
        if let mac = link.mac {
            frame = EthernetHeader(
                destination: nextHop ?? .broadcast, source: mac,
                etherType: link.source.family == .v4 ? .ipv4 : .ipv6
            ).encoded()
        }
        network = frame.count
        var transportSum = InternetChecksum()
        switch link.source {
        case .v4(let source):
            var header = IPv4Header(
                source: source, destination: .unspecified, protocol: .tcp, payloadLength: segment.byteCount)
            header.dontFragment = true
            frame += header.encoded()
            transportSum.addPseudoHeader(
                source: source, destination: .unspecified, protocol: .tcp, length: segment.byteCount)
        case .v6(let source):
            frame +=
                IPv6Header(
                    source: source, destination: .unspecified, nextHeader: .tcp, payloadLength: segment.byteCount
                ).encoded()
            transportSum.addPseudoHeader(
                source: source, destination: .unspecified, protocol: .tcp, length: segment.byteCount)
        }
        transport = frame.count
        let encoded = segment.encoded()
        transportSum.add(encoded.rawBytes)
        var networkSum = InternetChecksum()
        if link.source.family == .v4 {
            frame[network + 10] = 0
            frame[network + 11] = 0
            networkSum.add(frame.rawBytes.dropping(network))
        }
        bytes = frame + encoded
        self.transportSum = transportSum
        self.networkSum = networkSum
    }

    /// Adds the segment for a target to a batch.
    /// - Parameter machine: who takes the frame, where that is not the same for all.
    /// - Returns: false when there is no room.
    @inline(__always)
    func append(
        to batch: inout PacketBatch, token: UInt64, target: IPAddress, machine: MACAddress?,
        sourcePort: UInt16, port: UInt16, sequence: UInt32
    ) -> Bool {
        hasFrame
            ? batch.append(frameOf: bytes.count, token: token, interface: interface) { bytes, offset in
                fill(&bytes, offset, target, machine, sourcePort, port, sequence)
            }
            : batch.append(length: bytes.count, destination: target, token: token) { bytes, offset in
                fill(&bytes, offset, target, machine, sourcePort, port, sequence)
            }
    }

    @inline(__always)
    private func fill(
        _ bytes: inout MutableRawSpan, _ offset: Int, _ target: IPAddress, _ machine: MACAddress?,
        _ sourcePort: UInt16, _ port: UInt16, _ sequence: UInt32
    ) {
        bytes.copy(self.bytes, at: offset)
        if let machine { bytes.setMACAddress(machine, at: offset) }
        var sum = transportSum
        switch target {
        case .v4(let address):
            // Linux fills it in unless it is 0, and lets it be any number where nothing may be cut.
            let identification = UInt16(truncatingIfNeeded: sequence &>> 7) | 1
            var header = networkSum
            header.add(identification)
            header.add(address.rawValue)
            bytes.setBigEndian16(identification, at: offset &+ network &+ 4)
            bytes.setBigEndian16(header.value, at: offset &+ network &+ 10)
            bytes.setIPv4Address(address, at: offset &+ network &+ 16)
            sum.add(address.rawValue)
        case .v6(let address):
            bytes.setIPv6Address(address, at: offset &+ network &+ 24)
            sum.add(address.high)
            sum.add(address.low)
        }
        let ports = UInt32(sourcePort) << 16 | UInt32(port)
        sum.add(ports)
        sum.add(sequence)
        bytes.setBigEndian32(ports, at: offset &+ transport)
        bytes.setBigEndian32(sequence, at: offset &+ transport &+ 4)
        bytes.setBigEndian16(sum.value, at: offset &+ transport &+ 16)
    }
}
