import WireFormat

/// Parses a packet, every layer of it, into values and writes those: the bytes must be the same.
public struct Reencoder {
    /// What was written so far.
    private var output: [UInt8] = []

    /// The packet parsed and written again.
    public static func reencoded(_ bytes: RawSpan, linkType: LinkType) -> [UInt8] {
        var encoder = Reencoder()
        encoder.link(bytes, PacketLayers(bytes, linkType: linkType))
        return encoder.output
    }

    private mutating func raw(_ bytes: RawSpan) { output += bytes.copied() }

    private mutating func link(_ bytes: RawSpan, _ layers: PacketLayers) {
        switch layers.linkType {
        case .ethernet:
            guard let view = try? EthernetView(bytes) else { return raw(bytes) }
            output += EthernetHeader(view).encoded()
        case .linuxCooked, .linuxCooked2:
            let version: LinuxCooked.Version = layers.linkType == .linuxCooked ? .first : .second
            guard let view = try? LinuxCookedView(bytes, version: version) else { return raw(bytes) }
            output += LinuxCooked(view).encoded()
        case .null, .loop:
            guard let view = try? NullLoopbackView(bytes) else { return raw(bytes) }
            output += NullLoopback(view).encoded()
        default: break
        }
        for _ in 0..<layers.tagCount {
            guard let tag = try? VLANTagView(bytes.dropping(output.count)) else {
                return raw(bytes.dropping(output.count))
            }
            output += VLANTag(tag).encoded()
        }
        if layers.hasLogicalLinkControl, let header = try? LogicalLinkControlView(bytes.dropping(output.count)) {
            output += LogicalLinkControl(header).encoded()
        }
        let rest = bytes.prefix(layers.end).dropping(output.count)
        switch layers.network {
        case .arp, .reverseARP: arp(rest)
        case .ipv4: ipv4(rest)
        case .ipv6: ipv6(rest)
        case .none: raw(rest)
        }
        // Padding, and what a broken length leaves over.
        raw(bytes.dropping(output.count))
    }

    private mutating func arp(_ bytes: RawSpan) {
        guard let view = try? ARPView(bytes), let packet = try? ARPPacket(view) else { return raw(bytes) }
        output += packet.encoded()
        raw(bytes.dropping(packet.byteCount))
    }

    private mutating func ipv4(_ bytes: RawSpan) {
        guard let view = try? IPv4View(bytes) else { return raw(bytes) }
        output += IPv4Header(view).encoded()
        if view.fragmentOffset == 0 { transport(view.protocol, view.payload, isIPv6: false) } else { raw(view.payload) }
    }

    private mutating func ipv6(_ bytes: RawSpan) {
        guard let view = try? IPv6View(bytes) else { return raw(bytes) }
        output += IPv6Header(view).encoded()
        let data = bytes.dropping(IPv6View.headerLength)
        guard let chain = try? IPv6ExtensionChain(first: view.nextHeader, payload: data) else { return raw(data) }
        for (index, header) in chain.headers.enumerated() {
            let next = index + 1 < chain.headers.count ? chain.headers[index + 1].protocol : chain.upperLayer
            var bytes = [UInt8](repeating: 0xA5, count: header.byteCount)
            bytes.withMutableBytes { span in try? header.write(into: &span, at: 0, nextHeader: next) }
            output += bytes
        }
        let rest = data.dropping(chain.byteCount)
        if case .fragment(let offset, _, _, _)? = chain.headers.last, offset != 0 { return raw(rest) }
        transport(chain.upperLayer, rest, isIPv6: true)
    }

    private mutating func transport(_ transport: IPProtocol, _ bytes: RawSpan, isIPv6: Bool) {
        switch transport {
        case .tcp:
            guard let view = try? TCPView(bytes) else { return raw(bytes) }
            var segment = TCPSegment(view)
            let data = segment.data
            segment.data = []
            output += segment.encoded()
            if HTTPStartLine.isRecognized(in: data.rawBytes) {
                let head = HTTPHead(data.rawBytes)
                output += head.encoded()
                raw(data.rawBytes.dropping(head.byteCount))
            } else {
                output += data
            }
        case .udp:
            guard let view = try? UDPView(bytes) else { return raw(bytes) }
            var datagram = UDPDatagram(view)
            if DHCPView.isCarried(from: datagram.sourcePort, to: datagram.destinationPort),
                let message = try? DHCPView(view.payload)
            {
                datagram.data = DHCPMessage(message).encoded()
            }
            output += datagram.encoded()
            raw(bytes.dropping(datagram.byteCount))
        case .icmp where !isIPv6:
            guard let view = try? ICMPv4View(bytes) else { return raw(bytes) }
            output += ICMPv4Message(view).encoded()
        case .icmpv6 where isIPv6:
            guard let view = try? ICMPv6View(bytes) else { return raw(bytes) }
            output += ICMPv6Message(view).encoded()
        case .igmp where !isIPv6:
            guard let view = try? IGMPView(bytes) else { return raw(bytes) }
            output += IGMPMessage(view).encoded()
        default: raw(bytes)
        }
    }
}
