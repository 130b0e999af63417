extension FieldSink where Self: ~Copyable {
    /// Describes the fields of a neighbor discovery message after the checksum.
    mutating func describeNDP(_ view: borrowing ICMPv6View, at base: Int) {
        guard let message = NDPMessage(view) else {
            bytes("data", view.bytes.dropping(4), at: base + 4)
            return problem("ndp: the message is truncated")
        }
        switch message.kind {
        case .routerSolicitation: break
        case .routerAdvertisement(let advertisement):
            number("current_hop_limit", advertisement.currentHopLimit, "hops", at: base + 4, 1)
            flag("managed", advertisement.flags & NDPOption.onLinkFlag != 0, at: base + 5, 1)
            flag("other", advertisement.flags & NDPOption.autonomousFlag != 0, at: base + 5, 1)
            number("router_lifetime", advertisement.routerLifetime, "s", at: base + 6, 2)
            number("reachable_time", advertisement.reachableTime, "ms", at: base + 8, 4)
            number("retransmission_timer", advertisement.retransmissionTimer, "ms", at: base + 12, 4)
        case .neighborSolicitation(_, let target): address("target", target, at: base + 8)
        case .neighborAdvertisement(let flags, let target):
            flag("router", flags.contains(.router), at: base + 4, 1)
            flag("solicited", flags.contains(.solicited), at: base + 4, 1)
            flag("override", flags.contains(.override), at: base + 4, 1)
            address("target", target, at: base + 8)
        case .redirect(_, let target, let destination):
            address("target", target, at: base + 8)
            address("destination", destination, at: base + 24)
        }
        beginList("options")
        var offset = base + view.bytes.byteCount - message.trailing.count
        offset -= message.options.reduce(0) { $0 + $1.byteCount }
        for option in message.options {
            item(at: offset, option.byteCount) { $0.append(option) }
            offset += option.byteCount
        }
        endList()
        if !message.trailing.isEmpty { problem("ndp: an option has an invalid length") }
    }
}

extension TextBuffer {
    mutating func append(_ option: NDPOption) {
        switch option {
        case .sourceLinkLayerAddress(let address):
            append("source-link-layer-address ")
            append(address)
        case .targetLinkLayerAddress(let address):
            append("target-link-layer-address ")
            append(address)
        case .prefixInformation(let length, let flags, let valid, let preferred, _, let prefix):
            append("prefix ")
            append(prefix)
            append(UInt8(ascii: "/"))
            append(decimal: length)
            if flags & NDPOption.onLinkFlag != 0 { append(" on-link") }
            if flags & NDPOption.autonomousFlag != 0 { append(" autonomous") }
            append(" valid ")
            append(decimal: valid)
            append(" preferred ")
            append(decimal: preferred)
        case .redirectedHeader(_, let packet):
            append("redirected-header ")
            append(decimal: packet.count)
            append(" bytes")
        case .mtu(_, let mtu):
            append("mtu ")
            append(decimal: mtu)
        case .unknown(let type, let data):
            append("unknown ")
            append(decimal: type)
            append(UInt8(ascii: " "))
            append(hexadecimal: data.rawBytes)
        }
    }
}
