/// What the layers below say of a message, for its checksum and its context.
struct DatagramContext {
    /// The pair of addresses that a pseudo-header covers; nil where there is no datagram around the message.
    var addresses: (source: IPAddress, destination: IPAddress)?
    /// Bytes that the checksum covers are missing: the packet is cut, or a fragment.
    var isIncomplete: Bool
    /// The datagram is quoted by an ICMP error: cut, and altered on its way.
    var isQuoted: Bool

    /// A message by itself.
    static var alone: DatagramContext { DatagramContext(addresses: nil, isIncomplete: false, isQuoted: false) }
}

extension FieldSink where Self: ~Copyable {
    /// Describes a packet from its link-layer header on.
    mutating func describe(_ bytes: RawSpan, _ layers: PacketLayers, frameCheckSequenceLength: Int) {
        describeLink(bytes, layers, frameCheckSequenceLength: frameCheckSequenceLength)
        let start = layers.networkOffset
        switch layers.network {
        case .arp, .reverseARP:
            describeARP(bytes.prefix(layers.end).dropping(start), layers.network == .arp ? .arp : .rarp, at: start)
        case .ipv4: describeIPv4(bytes.prefix(layers.end).dropping(start), at: start, isQuoted: false)
        case .ipv6: describeIPv6(bytes.prefix(layers.end).dropping(start), at: start, isQuoted: false)
        case .none:
            if let broken = layers.broken {
                problem(ofBroken: broken, bytes.dropping(start), layers)
            } else {
                let data = start + layers.logicalLinkControlLength(bytes)
                describePayload(bytes.prefix(layers.end).dropping(data), at: data)
            }
        }
    }

    /// Says why a network header could not be read.
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
            case .ipv4: return describeIPv4(bytes, at: layers.networkOffset, isQuoted: false)
            case .ipv6: return describeIPv6(bytes, at: layers.networkOffset, isQuoted: false)
            default: problem("\(layer) cannot be read")
            }
        } catch {
            // What is there of the header was described with the link layer.
            problem("\(error)")
        }
    }

    /// Bytes that nothing here explains.
    mutating func describePayload(_ bytes: RawSpan, at base: Int, isQuoted: Bool = false) {
        guard bytes.byteCount > 0 else { return }
        begin(.payload, isQuoted: isQuoted)
        self.bytes("data", bytes, at: base)
        end()
    }

    /// Says why a header could not be read; what was taken for one is payload.
    mutating func describeUnreadable(_ error: ParseError, _ bytes: RawSpan, at base: Int, isQuoted: Bool) {
        problem(isQuoted ? "quoted \(error)" : "\(error)")
        describePayload(bytes, at: base, isQuoted: isQuoted)
    }

    /// What is there of a header whose end is missing, and why it cannot be read.
    mutating func describeCut(
        _ error: ParseError, _ bytes: RawSpan, at base: Int, _ context: DatagramContext, paddedTo length: Int,
        fix: (inout [UInt8]) -> Void = { _ in }, _ body: (inout Self, RawSpan, DatagramContext) -> Void
    ) {
        problem(context.isQuoted ? "quoted \(error)" : "\(error)")
        var context = context
        context.isIncomplete = true
        describeCut(bytes, at: base, paddedTo: length, fix: fix) { body(&$0, $1, context) }
    }

    /// What a datagram carries.
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
    /// `12, ICMP`: a number and its name.
    mutating func append(_ number: some BinaryInteger, named name: String) {
        append(decimal: UInt64(truncatingIfNeeded: number), minimumDigits: 1)
        append(", ")
        append(name)
    }
}
