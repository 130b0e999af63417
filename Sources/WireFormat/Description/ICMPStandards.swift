// What the standards do not allow in ICMP, ICMPv6 and neighbor discovery messages.

extension FieldSink where Self: ~Copyable {
    /// Checks an ICMPv4 message that is not quoted.
    mutating func checkStandards(_ view: borrowing ICMPv4View, _ context: DatagramContext) {
        guard !context.isQuoted else { return }
        switch view.type {
        case .echoRequest, .echoReply, .timestampRequest, .timestampReply, .informationRequest, .informationReply,
            .addressMaskRequest, .addressMaskReply, .routerSolicitation:
            if view.code != 0 { violation(.icmp, "code \(view.code) of a message that has only code 0", "RFC 792") }
        case .sourceQuench: violation(.icmp, "source quench is deprecated", "RFC 6633, section 3")
        case .routerAdvertisement:
            if view.bytes.byte(at: 4) == 0 {
                violation(.icmp, "a router advertisement without addresses", "RFC 1256, section 5.2")
            }
            if view.bytes.byte(at: 5) < 2 {
                violation(.icmp, "an entry size below 2 words", "RFC 1256, section 5.2")
            }
        case .destinationUnreachable:
            if view.code == ICMPv4UnreachableCode.fragmentationNeeded.rawValue, (1..<68).contains(view.nextHopMTU) {
                violation(.icmp, "an MTU of \(view.nextHopMTU), below 68", "RFC 1191, section 3")
            }
        default: break
        }
        if view.type == .routerAdvertisement || view.type == .routerSolicitation,
            context.addresses?.destination.isMulticast == true
        {
            requireHopLimit(1, .icmp, context, "RFC 1256, section 3")
        }
        guard view.type.isError, !context.isIncomplete else { return }
        guard let quote = DatagramView(quoted: view.payload) else {
            return violation(.icmp, "the error does not quote an IP header", "RFC 1122, section 3.2.2")
        }
        let destination = quote.destination
        if let message = quote.icmp, ICMPv4Type(rawValue: message.type).isError {
            violation(.icmp, "an error about an ICMP error", "RFC 1122, section 3.2.2")
        }
        if destination.isMulticast || destination.isLimitedBroadcast {
            violation(.icmp, "an error about a datagram to \(destination)", "RFC 1122, section 3.2.2")
        }
        if quote.isLaterFragment {
            violation(.icmp, "an error about a fragment other than the first", "RFC 1122, section 3.2.2")
        }
    }

    /// Checks an ICMPv6 message that is not quoted.
    mutating func checkStandards(_ view: borrowing ICMPv6View, _ layer: Layer, _ context: DatagramContext) {
        guard !context.isQuoted else { return }
        switch layer {
        case .mld: return checkMulticastListener(view, context)
        case .ndp: return checkNeighborDiscovery(view, context)
        default: break
        }
        let type = view.type
        if type == .echoRequest || type == .echoReply, view.code != 0 {
            violation(.icmpv6, "code \(view.code) of a message that has only code 0", "RFC 4443, section 4")
        }
        if type == .packetTooBig, view.restOfHeader < 1_280 {
            violation(.icmpv6, "an MTU of \(view.restOfHeader), below 1280", "RFC 8201, section 4")
        }
        guard type.isError, !context.isIncomplete else { return }
        if view.bytes.byteCount + IPv6View.headerLength > 1_280 {
            violation(.icmpv6, "an error longer than 1280 bytes", "RFC 4443, section 2.4")
        }
        guard let quote = DatagramView(quoted: view.payload) else {
            return violation(.icmpv6, "the error does not quote an IPv6 header", "RFC 4443, section 2.4")
        }
        if let message = quote.icmp {
            let quoted = ICMPv6Type(rawValue: message.type)
            if quoted.isError || quoted == .redirect {
                violation(.icmpv6, "an error about an ICMPv6 error or redirect", "RFC 4443, section 2.4")
            }
        }
        let isAllowed = type == .packetTooBig || type == .parameterProblem && view.code == 2
        if quote.destination.isMulticast, !isAllowed {
            violation(.icmpv6, "an error about a packet to \(quote.destination)", "RFC 4443, section 2.4")
        }
        if quote.source.isMulticast || quote.source.isUnspecified {
            violation(.icmpv6, "an error about a packet from \(quote.source)", "RFC 4443, section 2.4")
        }
    }

    /// Reports a time to live or hop limit other than the required one.
    mutating func requireHopLimit(
        _ required: UInt8, _ layer: Layer, _ context: DatagramContext, _ source: StaticString
    ) {
        guard let header = context.header, header.hopLimit != required else { return }
        let name = context.addresses?.source.family == .v6 ? "hop limit" : "TTL"
        violation(layer, "the \(name) is \(header.hopLimit), not \(required)", source)
    }

    // MARK: Neighbor discovery

    private mutating func checkNeighborDiscovery(_ view: borrowing ICMPv6View, _ context: DatagramContext) {
        let section: StaticString =
            switch view.type {
            case .routerSolicitation: "RFC 4861, section 6.1.1"
            case .routerAdvertisement: "RFC 4861, section 6.1.2"
            case .neighborSolicitation: "RFC 4861, section 7.1.1"
            case .neighborAdvertisement: "RFC 4861, section 7.1.2"
            default: "RFC 4861, section 8.1"
            }
        requireHopLimit(255, .ndp, context, section)
        if view.code != 0 { violation(.ndp, "the code is \(view.code), not 0", section) }
        if context.header?.isFragment == true {
            violation(.ndp, "the message is fragmented", "RFC 6980, section 5")
        }
        guard let message = NDPMessage(view) else { return }
        if case .v6(let source)? = context.addresses?.source,
            case .v6(let destination)? = context.addresses?.destination
        {
            check(message, from: source, to: destination, section)
        }
        checkOptions(view.bytes.dropping(message.fixedByteCount))
    }

    private mutating func check(
        _ message: NDPMessage, from source: IPv6Address, to destination: IPv6Address, _ section: StaticString
    ) {
        let hasSource = message.options.contains { $0.type == 1 }
        switch message.kind {
        case .routerSolicitation:
            if source.isUnspecified, hasSource {
                violation(.ndp, "a source link-layer address from the unspecified address", section)
            }
        case .routerAdvertisement:
            if !source.isLinkLocal { violation(.ndp, "the source \(source) is not link-local", section) }
        case .neighborSolicitation(_, let target):
            if target.isMulticast { violation(.ndp, "the target is the group address \(target)", section) }
            guard source.isUnspecified else { return }
            if hasSource { violation(.ndp, "a source link-layer address from the unspecified address", section) }
            if destination != target.solicitedNodeGroup {
                violation(.ndp, "duplicate address detection not sent to the solicited-node group", section)
            }
        case .neighborAdvertisement(let flags, let target):
            if target.isMulticast { violation(.ndp, "the target is the group address \(target)", section) }
            if destination.isMulticast, flags.contains(.solicited) {
                violation(.ndp, "the Solicited flag in an advertisement to a group", section)
            }
        case .redirect(_, let target, let redirected):
            if !source.isLinkLocal { violation(.ndp, "the source \(source) is not link-local", section) }
            if redirected.isMulticast {
                violation(.ndp, "the redirected destination is the group address \(redirected)", section)
            }
            if !target.isLinkLocal, target != redirected {
                violation(.ndp, "the target \(target) is neither link-local nor the destination", section)
            }
        }
    }

    /// Checks the lengths of options, in units of 8 bytes, and values that cannot be.
    private mutating func checkOptions(_ bytes: RawSpan) {
        var offset = 0
        while offset + 8 <= bytes.byteCount {
            let units = Int(bytes.byte(at: offset + 1))
            guard units > 0, offset + 8 * units <= bytes.byteCount else { return }
            let option = bytes.extracting(offset..<offset + 8 * units)
            if let fault = NDPOption.lengthFault(option) {
                violation(
                    .ndp, "option \(option.byte(at: 0)) has length \(units), not \(fault.expected)", fault.source)
            } else {
                checkValue(option)
            }
            offset += 8 * units
        }
    }

    private mutating func checkValue(_ option: RawSpan) {
        switch option.byte(at: 0) {
        case 3:
            if option.byte(at: 2) > 128 {
                violation(.ndp, "the prefix length is \(option.byte(at: 2)), above 128", "RFC 4861, section 4.6.2")
            }
            if option.bigEndian32(at: 8) > option.bigEndian32(at: 4) {
                violation(.ndp, "the preferred lifetime exceeds the valid lifetime", "RFC 4862, section 5.5.3")
            }
        case 5:
            if option.bigEndian32(at: 4) < 1_280 {
                violation(.ndp, "an MTU of \(option.bigEndian32(at: 4)), below 1280", "RFC 8200, section 5")
            }
        case 38:
            if option.bigEndian16(at: 2) & 7 > 5 {
                violation(.ndp, "the prefix length code is above 5", "RFC 8781, section 4")
            }
        default: break
        }
    }
}

extension NDPOption {
    /// The expected length of an option, in units of 8 bytes, if its length is impossible.
    static func lengthFault(_ option: RawSpan) -> (expected: StaticString, source: StaticString)? {
        let units = option.byteCount / 8
        func check(_ isPossible: Bool, _ expected: StaticString, _ source: StaticString) -> (
            StaticString, StaticString
        )? {
            isPossible ? nil : (expected, source)
        }
        switch option.byte(at: 0) {
        case 3: return check(units == 4, "4", "RFC 4861, section 4.6.2")
        case 5: return check(units == 1, "1", "RFC 4861, section 4.6.4")
        case 7: return check(units == 1, "1", "RFC 6275, section 7.3")
        case 8: return check(units == 1, "1", "RFC 6275, section 7.4")
        case 24:
            // The prefix has as many units as its length needs.
            let prefixLength = option.byte(at: 2)
            let least = prefixLength == 0 ? 1 : prefixLength <= 64 ? 2 : 3
            return check(
                (least...3).contains(units) && prefixLength <= 128, "that of its prefix", "RFC 4191, section 2.3")
        case 25: return check(units >= 3 && units % 2 == 1, "odd and 3 or more", "RFC 8106, section 5.1")
        case 26: return check(units == 1, "1", "RFC 5175, section 3")
        case 31: return check(units >= 2, "2 or more", "RFC 8106, section 5.2")
        case 38: return check(units == 2, "2", "RFC 8781, section 4")
        default: return nil
        }
    }
}
