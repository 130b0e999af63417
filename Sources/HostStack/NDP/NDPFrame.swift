import WireFormat

/// Builds neighbor discovery messages in Ethernet frames. The hop limit is 255, which shows that they are from the link
/// (RFC 4861, section 11.2).
package enum NDPFrame {
    package static func bytes(
        _ message: NDPMessage, from source: IPv6Address, to destination: IPv6Address, mac: MACAddress,
        frameTo: MACAddress? = nil
    ) -> [UInt8] {
        let icmp = ICMPv6Message(.neighborDiscovery(message), source: source, destination: destination)
        return EthernetHeader.padded(
            EthernetHeader(
                destination: frameTo ?? MACAddress(multicast: destination), source: mac, etherType: .ipv6
            ).encoded()
                + IPv6Header(
                    source: source, destination: destination, nextHeader: .icmpv6, payloadLength: icmp.byteCount,
                    hopLimit: 255
                ).encoded() + icmp.encoded())
    }

    /// Returns a neighbor solicitation, to the solicited-node group or to a known MAC address.
    package static func solicitation(
        for target: IPv6Address, from source: IPv6Address, mac: MACAddress, at destinationMAC: MACAddress? = nil
    ) -> [UInt8] {
        // An unspecified source must not send its link-layer address (RFC 4861, section 4.3).
        let options = source.isUnspecified ? [] : [NDPOption.sourceLinkLayerAddress(mac)]
        return bytes(
            NDPMessage(.neighborSolicitation(reserved: 0, target: target), options: options), from: source,
            to: destinationMAC == nil ? target.solicitedNodeGroup : target, mac: mac, frameTo: destinationMAC)
    }

    /// Returns an unsolicited advertisement of an address to all nodes (RFC 4861, section 7.2.6).
    static func announcement(of address: IPv6Address, _ configuration: NDPConfiguration) -> [UInt8] {
        advertisement(
            of: address, flags: configuration.isRouter ? [.router, .override] : .override, to: .allNodes,
            mac: configuration.mac)
    }

    /// Returns a neighbor advertisement for one of the host's addresses.
    package static func advertisement(
        of target: IPv6Address, flags: NDPMessage.NeighborFlags, to destination: IPv6Address, mac: MACAddress,
        at destinationMAC: MACAddress? = nil
    ) -> [UInt8] {
        bytes(
            NDPMessage(
                .neighborAdvertisement(flags: flags, target: target), options: [.targetLinkLayerAddress(mac)]),
            from: target, to: destination, mac: mac, frameTo: destinationMAC)
    }
}

/// A received and validated neighbor discovery message (RFC 4861, sections 6.1, 7.1 and 8.1).
struct ReceivedNDP {
    let message: NDPMessage
    let source: IPv6Address
    let destination: IPv6Address
    /// The source MAC address of the frame.
    let mac: MACAddress

    /// Returns nil for messages from beyond the link, with a code other than 0, or with invalid options.
    init?(_ view: borrowing IPv6View, _ icmp: borrowing ICMPv6View, mac: MACAddress) {
        guard view.hopLimit == 255, icmp.code == 0,
            case .neighborDiscovery(let message) = ICMPv6Message(icmp).body, message.trailing.isEmpty
        else { return nil }
        self.message = message
        source = view.source
        destination = view.destination
        self.mac = mac
        switch message.kind {
        case .neighborSolicitation(_, let target):
            guard !target.isMulticast else { return nil }
            if source.isUnspecified, !destination.isSolicitedNode || sourceMAC != nil { return nil }
        case .neighborAdvertisement(let flags, let target):
            guard !target.isMulticast, !(destination.isMulticast && flags.contains(.solicited)) else { return nil }
        case .redirect(_, let target, let redirected):
            guard source.isLinkLocal, !redirected.isMulticast, target.isLinkLocal || target == redirected else {
                return nil
            }
        case .routerAdvertisement: guard source.isLinkLocal else { return nil }
        case .routerSolicitation: if source.isUnspecified, sourceMAC != nil { return nil }
        }
    }

    /// The source link-layer address option.
    var sourceMAC: MACAddress? {
        for case .sourceLinkLayerAddress(let mac) in message.options where !mac.isMulticast { return mac }
        return nil
    }

    /// The target link-layer address option.
    var targetMAC: MACAddress? {
        for case .targetLinkLayerAddress(let mac) in message.options where !mac.isMulticast { return mac }
        return nil
    }
}
