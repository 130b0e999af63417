// One line per packet, in the style of `tcpdump -n`, with absolute sequence
// numbers, so that each line is independent of the others.

extension TextBuffer {
    /// Appends the description of a packet, without its time.
    /// - Parameters:
    ///   - bytes: the packet, starting with its link-layer header.
    ///   - layers: the layers of the same bytes.
    ///   - originalLength: the length of the packet on the wire, in bytes.
    public mutating func append(lineOf bytes: RawSpan, _ layers: PacketLayers, originalLength: Int) {
        if layers.tagCount > 0 { append(tagsOf: bytes, layers) }
        switch layers.network {
        case .ipv4:
            append("IP ")
            append(datagram: bytes, layers, originalLength: originalLength)
        case .ipv6:
            append("IP6 ")
            append(datagram: bytes, layers, originalLength: originalLength)
        case .arp, .reverseARP:
            let packet = bytes.dropping(layers.networkOffset)
            append(layers.network == .arp ? "ARP, " : "RARP, ")
            guard let view = try? ARPView(packet) else { return append(cutARP: packet, layers) }
            append(line: view)
            append(", length ")
            append(decimal: max(originalLength - layers.networkOffset, 0))
        case .none: append(linkLineOf: bytes, layers, originalLength: originalLength)
        }
    }

    private mutating func append(tagsOf bytes: RawSpan, _ layers: PacketLayers) {
        var rest = bytes.dropping(layers.linkHeaderLength)
        for _ in 0..<layers.tagCount {
            guard let tag = try? VLANTagView(rest) else { return }
            append("vlan ")
            append(decimal: tag.identifier)
            append(", p ")
            append(decimal: tag.priority)
            append(tag.isDropEligible ? ", DEI, " : ", ")
            rest = tag.payload
        }
    }

    /// Appends a packet with an unknown or unreadable payload.
    private mutating func append(linkLineOf bytes: RawSpan, _ layers: PacketLayers, originalLength: Int) {
        let header = bytes.dropping(layers.networkOffset)
        if layers.broken == .ipv4, header.byteCount >= IPv4View.minimumHeaderLength, header.byte(at: 0) >> 4 == 4,
            let fault = LengthFault(ipv4: header, layers)
        {
            append("IP ")
            return append(fault)
        }
        if layers.linkType == .ethernet, let frame = try? EthernetView(bytes) {
            append(frame.source)
            append(" > ")
            append(frame.destination)
            append(", ")
        }
        if layers.hasLogicalLinkControl, layers.broken == nil,
            let header = try? LogicalLinkControlView(bytes.dropping(layers.networkOffset))
        {
            append("802.3, LLC, dsap 0x")
            append(hexadecimal: UInt64(header.destinationServiceAccessPoint), digits: 2)
            append(", ssap 0x")
            append(hexadecimal: UInt64(header.sourceServiceAccessPoint), digits: 2)
            append(", ctrl 0x")
            append(hexadecimal: UInt64(header.control), digits: 2)
        } else if layers.etherType.rawValue != 0 || layers.linkType == .ethernet && layers.broken != .ethernet {
            append("ethertype ")
            append(layers.etherType.description)
        } else {
            append(layers.linkType.description)
        }
        append(", length ")
        append(decimal: originalLength)
        if let broken = layers.broken { append(cut: broken) }
    }

    /// Appends tcpdump's mark of a truncated header, with its protocol names.
    mutating func append(cut layer: Layer) {
        append(" [|")
        switch layer {
        case .ethernet: append("ether")
        case .ipv4: append("ip")
        case .ipv6: append("ip6")
        case .icmpv6: append("icmp6")
        case .rarp: append("arp")
        default: append(layer.name)
        }
        append(UInt8(ascii: "]"))
    }

    private mutating func append(datagram bytes: RawSpan, _ layers: PacketLayers, originalLength: Int) {
        let start = layers.networkOffset
        let transport = bytes.extracting(min(layers.transportOffset, layers.end)..<layers.end)
        let ports = layers.ports(bytes)
        let missing = max(layers.statedEnd - originalLength, 0)
        if missing > 0 {
            append(LengthFault.missing(missing, isIPv6: layers.network == .ipv6))
            // tcpdump has a space here for IPv4 alone.
            if layers.network == .ipv4 { append(UInt8(ascii: " ")) }
        }
        if layers.network == .ipv4 {
            if layers.broken == .ipv4, let fault = LengthFault(ipv4: bytes.dropping(start), layers) {
                return append(fault)
            }
            append(bytes.ipv4Address(at: start + 12))
            if let port = ports.source { append(port: port) }
            append(" > ")
            append(bytes.ipv4Address(at: start + 16))
        } else {
            append(bytes.ipv6Address(at: start + 8))
            if let port = ports.source { append(port: port) }
            append(" > ")
            append(bytes.ipv6Address(at: start + 24))
        }
        if let port = ports.destination { append(port: port) }
        append(": ")
        let stated = max(layers.statedEnd - layers.transportOffset, 0)
        if let broken = layers.broken { return append(cut: broken, bytes, layers, transport, stated: stated) }
        if layers.isLaterFragment { return append(fragment: bytes, layers, length: stated) }
        switch layers.readableTransport {
        case .tcp?: if let view = try? TCPView(transport) { append(line: view, length: stated) }
        case .udp?:
            let length = Int(transport.bigEndian16(at: 4))
            let fault = LengthFault(udp: length, payload: stated, isFragment: layers.isFragment)
            if let fault, case .udpLength = fault { return append(fault) }
            // A jumbogram's length is 0; in the first fragment, the length is that of the whole datagram.
            let data = (length == 0 ? stated : length) - UDPView.headerLength
            if DHCPView.isCarried(from: ports.source, to: ports.destination),
                let view = try? DHCPView(transport.dropping(UDPView.headerLength))
            {
                return append(line: view, length: min(data, stated - UDPView.headerLength))
            }
            if fault == nil, DNSView.isCarried(from: ports.source, to: ports.destination),
                let view = try? DNSView(transport.dropping(UDPView.headerLength).prefix(data))
            {
                return append(line: view, length: data)
            }
            append("UDP, ")
            if let fault { return append(fault) }
            append("length ")
            append(decimal: data)
        case .icmp?: if let view = try? ICMPv4View(transport) { append(line: view, length: stated) }
        case .icmpv6?: if let view = try? ICMPv6View(transport) { append(line: view, length: stated) }
        case .igmp?: if let view = try? IGMPView(transport) { append(line: view) }
        default:
            append(layers.transport?.description ?? "?")
            append(", length ")
            append(decimal: stated)
        }
    }

    /// Appends the available part of a truncated header, and the mark.
    /// - Parameter stated: the length of the IP payload by the IP header.
    private mutating func append(
        cut layer: Layer, _ bytes: RawSpan, _ layers: PacketLayers, _ transport: RawSpan, stated: Int
    ) {
        switch layer {
        case .ipv6 where layers.network == .ipv6:
            // The extension header that is named but truncated.
            var next = IPProtocol(rawValue: bytes.byte(at: layers.networkOffset + 6))
            var reader = IPv6ChainReader(
                first: next,
                payload: bytes.prefix(layers.end).dropping(layers.networkOffset + IPv6View.headerLength))
            while reader.next() != nil {}
            next = reader.nextHeader
            switch next {
            case .hopByHopOptions: append(" [|hbhopt]")
            case .destinationOptions: append(" [|dstopt]")
            case .routing: append(" [|srcrt]")
            case .fragment: append(" [|frag6]")
            default: append(" [|ah]")
            }
            return
        case .tcp where transport.byteCount >= TCPView.minimumHeaderLength:
            // Padded, so that it can be parsed.
            let headerLength = Int(transport.byte(at: 12) >> 4) * 4
            if let fault = LengthFault(tcp: headerLength, segment: stated), case .tcpHeaderShort = fault {
                append(" tcp ")
                append(decimal: stated - headerLength)
                append(UInt8(ascii: " "))
                return append(fault)
            }
            let padded = transport.copied() + [UInt8](repeating: 0, count: headerLength - transport.byteCount)
            if let view = try? TCPView(padded.rawBytes) {
                append(line: view, length: stated, available: transport.byteCount)
            }
            return
        case .udp where stated < UDPView.headerLength && transport.byteCount >= 4:
            return append(LengthFault.udpHeader(available: stated))
        case .icmp where transport.byteCount > 0:
            append("ICMP ")
            append(nameOf: ICMPv4Type(rawValue: transport.byte(at: 0)))
        case .icmpv6 where stated == 0: return append("ICMP6, length 0 (invalid)")
        case .icmpv6 where transport.byteCount > 0:
            append("ICMP6, ")
            append(nameOf: ICMPv6Type(rawValue: transport.byte(at: 0)))
        case .igmp where transport.byteCount > 0:
            append("igmp ")
            switch IGMPType(rawValue: transport.byte(at: 0)) {
            case .membershipQuery:
                append("query")
                if transport.byteCount > 1 { append(transport.byte(at: 1) == 0 ? " v1" : " v2") }
            case .version1Report: append("v1 report")
            case .version2Report: append("v2 report")
            case .version3Report: append("v3 report")
            case .leaveGroup: append("leave")
            case let type: append(type.description)
            }
        default: break
        }
        append(cut: layer)
    }

    private mutating func append(port: UInt16) {
        append(UInt8(ascii: "."))
        append(decimal: port)
    }

    /// Appends a fragment other than the first.
    private mutating func append(fragment bytes: RawSpan, _ layers: PacketLayers, length: Int) {
        append(layers.transport?.description ?? "?")
        append(" fragment, offset ")
        let offset =
            layers.network == .ipv4
            ? Int(bytes.bigEndian16(at: layers.networkOffset + 6) & 0x1FFF) * 8
            : Int(bytes.bigEndian16(at: layers.transportOffset - 6) & 0xFFF8)
        append(decimal: offset)
        append(", length ")
        append(decimal: length)
    }

    // MARK: ARP

    /// Appends a packet whose address lengths exceed its bytes.
    private mutating func append(cutARP packet: RawSpan, _ layers: PacketLayers) {
        let operation = ARPOperation(rawValue: packet.bigEndian16(at: 6))
        switch operation {
        case .request: append("Request")
        case .reply: append("Reply")
        default: append(operation.description)
        }
        if packet.bigEndian32(at: 2) == 0x0800_0604, packet.byteCount >= 18 {
            append(operation == .request ? " tell " : " ")
            append(packet.ipv4Address(at: 14))
        }
        append(cut: layers.broken ?? .arp)
    }

    private mutating func append(line view: borrowing ARPView) {
        guard let senderMAC = view.senderMAC, let sender = view.senderAddress, let targetMAC = view.targetMAC,
            let target = view.targetAddress
        else {
            append(view.operation.description)
            append(", hardware type ")
            append(decimal: view.hardwareType)
            append(", protocol type ")
            append(view.protocolType.description)
            return
        }
        switch (view.operation, ARPPacket.Purpose(view.operation, sender: sender, target: target)) {
        case (.request, .probe):
            append("Probe ")
            append(target)
        case (.request, .announcement):
            append("Announcement ")
            append(target)
        case (.request, .resolution):
            append("Request who-has ")
            append(target)
            if targetMAC != .unspecified {
                append(" (")
                append(targetMAC)
                append(UInt8(ascii: ")"))
            }
            append(" tell ")
            append(sender)
        case (.reply, _):
            append("Reply ")
            append(sender)
            append(" is-at ")
            append(senderMAC)
        case (.reverseRequest, _):
            append("Reverse Request who-is ")
            append(targetMAC)
            append(" tell ")
            append(senderMAC)
        case (.reverseReply, _):
            append("Reverse Reply ")
            append(targetMAC)
            append(" at ")
            append(target)
        case (.inverseRequest, _):
            append("Inverse Request who-is ")
            append(targetMAC)
            append(" tell ")
            append(senderMAC)
        case (.inverseReply, _):
            append("Inverse Reply ")
            append(senderMAC)
            append(" at ")
            append(sender)
        default:
            append(view.operation.description)
            append(UInt8(ascii: " "))
            append(sender)
            append(" > ")
            append(target)
        }
    }

    // MARK: IGMP

    private mutating func append(line view: borrowing IGMPView) {
        append("igmp ")
        switch view.type {
        case .membershipQuery:
            append("query v")
            append(decimal: view.queryVersion ?? 2)
            let tenths = view.queryVersion == 3 ? TimeCode8(rawValue: view.code).value : Int(view.code)
            if view.queryVersion != 1, tenths != 100 {
                append(" [max resp time ")
                append(decimal: tenths / 10)
                append(UInt8(ascii: "."))
                append(decimal: tenths % 10)
                append("s]")
            }
            if !view.group.isUnspecified {
                append(" [gaddr ")
                append(view.group)
                append(UInt8(ascii: "]"))
            }
        case .version1Report, .version2Report:
            append(view.type == .version1Report ? "v1 report " : "v2 report ")
            append(view.group)
        case .leaveGroup:
            append("leave ")
            append(view.group)
        case .version3Report:
            append("v3 report, ")
            append(decimal: view.bytes.bigEndian16(at: 6))
            append(" group record(s)")
        default:
            append("type 0x")
            append(hexadecimal: UInt64(view.type.rawValue), digits: 2)
        }
    }
}
