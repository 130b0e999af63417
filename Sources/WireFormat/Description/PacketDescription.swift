/// What the lower layers provide to verify and describe a message.
struct DatagramContext {
    /// The addresses of the pseudo-header; nil if the message is not in a datagram.
    var addresses: (source: IPAddress, destination: IPAddress)?
    /// Whether bytes that the checksum covers are missing: the packet is truncated or a fragment.
    var isIncomplete: Bool
    /// Whether the datagram is quoted by an ICMP error, and thereby truncated and modified.
    var isQuoted: Bool
    /// The IP header around the message; nil if the message is not in a datagram, or in a quoted one: routers change
    /// the header of what they quote.
    var header: Header?

    /// What the standards of the upper layers require of the IP header.
    struct Header {
        /// The time to live or hop limit.
        var hopLimit: UInt8
        /// Whether the header has the router alert option (RFC 2113, RFC 2711).
        var hasRouterAlert: Bool
        /// Whether the datagram is a fragment.
        var isFragment: Bool
        /// The length of the IP payload without extension headers as stated, in bytes.
        var payloadLength: Int
    }

    /// The context of a message without a datagram.
    static var alone: DatagramContext {
        DatagramContext(addresses: nil, isIncomplete: false, isQuoted: false, header: nil)
    }
}

extension FieldSink where Self: ~Copyable {
    /// Describes a packet, starting with its link-layer header.
    mutating func describe(_ bytes: RawSpan, _ layers: PacketLayers, frameCheckSequenceLength: Int) {
        describeLink(bytes, layers, frameCheckSequenceLength: frameCheckSequenceLength)
        let start = layers.networkOffset
        switch layers.network {
        case .arp, .reverseARP:
            describeARP(bytes.prefix(layers.end).dropping(start), layers.network == .arp ? .arp : .rarp, at: start)
        case .ipv4: describeIPv4(bytes.prefix(layers.end).dropping(start), at: start, layers)
        case .ipv6: describeIPv6(bytes.prefix(layers.end).dropping(start), at: start, layers)
        case .none:
            if let broken = layers.broken {
                problem(ofBroken: broken, bytes.dropping(start), layers)
            } else {
                let data = start + layers.logicalLinkControlLength(bytes)
                describePayload(bytes.prefix(layers.end).dropping(data), at: data)
            }
        }
    }

    /// Reports why a network header cannot be parsed.
    private mutating func problem(ofBroken layer: Layer, _ bytes: RawSpan, _ layers: PacketLayers) {
        do throws(ParseError) {
            switch layer {
            case .ethernet: _ = try EthernetView(bytes)
            case .vlan: _ = try VLANTagView(bytes)
            case .llc: _ = try LogicalLinkControlView(bytes)
            case .linuxCooked:
                _ = try LinuxCookedView(bytes, version: layers.linkType == .linuxCooked ? .first : .second)
            case .loopback: _ = try NullLoopbackView(bytes)
            case .arp, .rarp: return describeARP(bytes, layer, at: layers.networkOffset)
            case .ipv4: return describeIPv4(bytes, at: layers.networkOffset, layers)
            case .ipv6: return describeIPv6(bytes, at: layers.networkOffset, layers)
            default: problem("\(layer) cannot be parsed")
            }
        } catch {
            // The available part of the header was described with the link layer.
            problem("\(error)")
        }
    }

    /// Describes bytes of an unknown format.
    mutating func describePayload(_ bytes: RawSpan, at base: Int, isQuoted: Bool = false) {
        guard bytes.byteCount > 0 else { return }
        begin(.payload, isQuoted: isQuoted)
        self.bytes("data", bytes, at: base)
        end()
    }

    /// Reports why a header cannot be parsed, and describes its bytes as payload.
    mutating func describeUnreadable(_ error: ParseError, _ bytes: RawSpan, at base: Int, isQuoted: Bool) {
        problem(isQuoted ? "quoted \(error)" : "\(error)")
        describePayload(bytes, at: base, isQuoted: isQuoted)
    }

    /// Describes the available part of a truncated header, and reports why it cannot be parsed.
    /// - Parameter fault: the reason, if it is a length that the packet cannot have.
    mutating func describeCut(
        _ error: ParseError, _ bytes: RawSpan, at base: Int, _ context: DatagramContext, fault: LengthFault? = nil,
        paddedTo length: Int, fix: (inout [UInt8]) -> Void = { _ in },
        _ body: (inout Self, RawSpan, DatagramContext) -> Void
    ) {
        if let fault {
            problem(error.layer, fault)
        } else {
            problem(context.isQuoted ? "quoted \(error)" : "\(error)")
        }
        var context = context
        context.isIncomplete = true
        describeCut(bytes, at: base, paddedTo: length, fix: fix) { body(&$0, $1, context) }
    }

    /// Describes the payload of a datagram.
    mutating func describeTransport(
        _ transport: IPProtocol, _ bytes: RawSpan, at base: Int, _ context: DatagramContext
    ) {
        switch (transport, context.addresses?.source.family ?? .v4) {
        case (.tcp, _): describeTCP(bytes, at: base, context)
        case (.udp, _): describeUDP(bytes, at: base, context)
        case (.icmp, .v4): describeICMP(bytes, at: base, context)
        case (.icmpv6, .v6): describeICMPv6(bytes, at: base, context)
        case (.igmp, .v4): describeIGMP(bytes, at: base, context)
        default: describePayload(bytes, at: base, isQuoted: context.isQuoted)
        }
    }
}

extension TextBuffer {
    /// Appends a number and its name: `12, ICMP`.
    mutating func append(_ number: some BinaryInteger, named name: String) {
        append(decimal: UInt64(truncatingIfNeeded: number), minimumDigits: 1)
        append(", ")
        append(name)
    }
}
