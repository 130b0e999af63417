import PacketEngine
import WireFormat

/// A probe as a simulated host receives it, and the frames that may answer it.
struct SimulatedProbe {
    var frame: [UInt8]
    var ethernet: EthernetHeader
    var source: IPAddress
    var destination: IPAddress
    var segment: TCPSegment
    /// When it reached the host.
    var at = Instant(nanoseconds: 0)

    /// Nil unless it is a SYN with correct checksums.
    init?(_ bytes: [UInt8]) {
        frame = bytes
        guard let view = try? EthernetView(bytes.rawBytes) else { return nil }
        ethernet = EthernetHeader(destination: view.destination, source: view.source, etherType: view.etherType)
        if let header = try? IPv4View(view.payload) {
            guard header.checksumState == .correct, let tcp = try? TCPView(header.payload),
                tcp.checksumState(source: .v4(header.source), destination: .v4(header.destination)) == .correct
            else { return nil }
            (source, destination, segment) = (.v4(header.source), .v4(header.destination), TCPSegment(tcp))
        } else if let header = try? IPv6View(view.payload) {
            guard let tcp = try? TCPView(header.payload),
                tcp.checksumState(source: .v6(header.source), destination: .v6(header.destination)) == .correct
            else { return nil }
            (source, destination, segment) = (.v6(header.source), .v6(header.destination), TCPSegment(tcp))
        } else {
            return nil
        }
        guard segment.flags == .syn else { return nil }
    }

    /// An IP packet in an Ethernet frame.
    static func frame(of packet: [UInt8]) -> [UInt8] {
        let isIPv4 = packet.first.map { $0 >> 4 == 4 } ?? false
        return EthernetHeader(
            destination: .unspecified, source: .unspecified, etherType: isIPv4 ? .ipv4 : .ipv6
        ).encoded() + packet
    }

    /// A reply segment.
    func answer(
        _ flags: TCPFlags, acknowledging offset: UInt32 = 1, data: [UInt8] = [], from other: IPAddress? = nil,
        window: UInt16 = 64_240, options: TCPOptions = TCPOptions([.maximumSegmentSize(1_460)])
    ) -> [UInt8] {
        var answer = TCPSegment(
            sourcePort: segment.destinationPort, destinationPort: segment.sourcePort, sequenceNumber: 77,
            acknowledgmentNumber: flags.contains(.ack) ? segment.sequenceNumber &+ offset : 0, flags: flags,
            window: window, data: data)
        if flags.contains(.syn) { answer.options = options }
        answer.updateChecksum(source: other ?? destination, destination: source)
        return frame(answer.encoded(), .tcp, from: other ?? destination)
    }

    /// An ICMP error that quotes a number of bytes of the probe after its IP header.
    func error(
        type: UInt8 = 3, code: UInt8, quoting count: Int = 8, from router: IPv4Address,
        altered: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var quote = Array(frame[14..<min(14 + 20 + count, frame.count)])
        altered(&quote)
        let message = ICMPv4Message(
            .unknown(type: ICMPv4Type(rawValue: type), code: code, restOfHeader: 0, data: quote))
        return frame(message.encoded(), .icmp, from: .v4(router))
    }

    /// A datagram to the scanner in a frame.
    func frame(_ payload: [UInt8], _ number: IPProtocol, from other: IPAddress) -> [UInt8] {
        let back = EthernetHeader(
            destination: ethernet.source, source: ethernet.destination, etherType: ethernet.etherType
        ).encoded()
        switch (other, source) {
        case (.v4(let from), .v4(let to)):
            return back
                + IPv4Header(source: from, destination: to, protocol: number, payloadLength: payload.count).encoded()
                + payload
        case (.v6(let from), .v6(let to)):
            return back
                + IPv6Header(source: from, destination: to, nextHeader: number, payloadLength: payload.count).encoded()
                + payload
        default: return back
        }
    }
}
