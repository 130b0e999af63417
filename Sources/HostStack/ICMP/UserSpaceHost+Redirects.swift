import PacketEngine
import WireFormat

// Redirects that a router sends about packets that leave by the link on which they came.

/// The redirects that were sent recently: at most one per second for a source and a destination, and 100 in all.
struct RedirectLimit: Sendable {
    private struct Pair: Hashable, Sendable {
        var source: IPAddress
        var destination: IPAddress
    }

    private var recent: Set<Pair> = []
    private var since: Instant?

    private static let limit = 100

    mutating func take(from source: IPAddress, to destination: IPAddress, at now: Instant) -> Bool {
        if since.map({ now - $0 >= .seconds(1) }) ?? true {
            since = now
            recent.removeAll(keepingCapacity: true)
        }
        guard recent.count < Self.limit else { return false }
        return recent.insert(Pair(source: source, destination: destination)).inserted
    }
}

extension UserSpaceHost {
    /// Returns this router's address in the network on `link` that contains both `source` and the next hop.
    private func address(on link: Int, nearTo source: IPAddress, _ hop: IPAddress) -> IPAddress? {
        links[link].configuration.addresses.first {
            guard let network = IPNetwork($0.address, prefixLength: $0.prefixLength) else { return false }
            return network.contains(source) && network.contains(hop)
        }?.address
    }

    /// Sends a redirect to the source of a forwarded datagram that could use the next hop itself: both are in the same
    /// network, and the datagram has no source route (RFC 1812, section 5.2.7.2).
    mutating func redirect(
        _ view: borrowing IPv4View, about datagram: RawSpan, to hop: RoutingTable.Hop, at now: Instant
    ) {
        let source = IPAddress.v4(view.source)
        guard let gateway = hop.address.v4, gateway != view.source,
            let own = address(on: hop.interface, nearTo: source, hop.address)?.v4,
            !IPv4Options(view.options).list.contains(where: { $0.type == 131 || $0.type == 137 }),
            view.fragmentOffset == 0, redirects.take(from: source, to: .v4(view.destination), at: now),
            let message = icmp.error(
                { .redirect(code: 1, $0) }, word: gateway.rawValue, about: datagram, isForOne: true, at: now)
        else { return }
        counters.redirectsSent &+= 1
        sendDatagram(.icmp, message.encoded(), from: own, to: view.source, typeOfService: 0xC0, at: now)
    }

    /// Does the same for IPv6. The target is the destination if it is on the link, or the link-local address of the
    /// better router (RFC 4861, section 8.2).
    mutating func redirect(
        _ view: borrowing IPv6View, about packet: RawSpan, to hop: RoutingTable.Hop, at now: Instant
    ) {
        let (source, destination) = (IPAddress.v6(view.source), view.destination)
        guard let target = hop.address.v6, target != view.source, target == destination || target.isLinkLocal,
            links[hop.interface].isNeighbor(view.source),
            let own = links[hop.interface].configuration.ipv6Addresses.first(where: { $0.address.isLinkLocal })?
                .address,
            redirects.take(from: source, to: .v6(destination), at: now)
        else { return }
        var options: [NDPOption] = []
        if let mac = links[hop.interface].mac(of: hop.address) { options.append(.targetLinkLayerAddress(mac)) }
        // The message does not exceed 1,280 bytes; the packet's length is in units of 8 bytes.
        let room = (1_280 - IPv6View.headerLength - 40 - 8 * options.count - 8) & ~7
        options.append(
            .redirectedHeader(
                reserved: [UInt8](repeating: 0, count: 6),
                packet: packet.prefix(packet.byteCount > room ? room : packet.byteCount & ~7).copied()))
        let message = ICMPv6Message(
            .neighborDiscovery(
                NDPMessage(.redirect(reserved: 0, target: target, destination: destination), options: options)),
            source: own, destination: view.source)
        let header = IPv6Header(
            source: own, destination: view.source, nextHeader: .icmpv6, payloadLength: message.byteCount, hopLimit: 255)
        counters.redirectsSent &+= 1
        links[hop.interface].output(header.encoded() + message.encoded(), to: source, at: now)
        settleNeighbors(hop.interface, at: now)
    }
}
