import PacketEngine
import WireFormat

// Input: dispatches frames to protocols and updates neighbors and groups.

/// How a frame arrived.
struct FrameArrival {
    var mac: MACAddress
    /// Whether the frame was addressed to this host alone, so that ICMP errors may be sent.
    var isForOne: Bool
    var link: Int
    /// Whether the TCP or UDP checksum is not computed yet, because the packet never left this system.
    var hasPendingChecksum: Bool
}

extension UserSpaceHost {
    /// Processes a received frame.
    /// - Parameters:
    ///   - interface: the interface index (if_nametoindex(3)).
    ///   - hasPendingChecksum: whether the TCP or UDP checksum is not computed yet, because the packet never left this
    ///     system.
    public mutating func receive(
        _ frame: RawSpan, on interface: UInt32, at now: Instant, hasPendingChecksum: Bool = false
    ) {
        guard let link = links.firstIndex(where: { $0.configuration.index == interface }),
            let arrived = ReceivedFrame(frame), arrived.source != links[link].configuration.mac
        else { return }
        let isForUs = arrived.destination == links[link].configuration.mac
        guard isForUs || arrived.destination.isMulticast else { return }
        counters.received &+= 1
        if !isForUs, let packet = ReceivedMulticast(frame), let membership = ReceivedMembership(packet) {
            links[link].hear(membership.message, at: now)
            return
        }
        let arrival = FrameArrival(
            mac: arrived.source, isForOne: isForUs, link: link, hasPendingChecksum: hasPendingChecksum)
        switch arrived.etherType {
        case .arp: receiveARP(frame, on: link, at: now)
        case .reverseARP where links[link].isIPv4Up && !rarp.table.isEmpty: receiveRARP(frame, on: link, at: now)
        case .ipv4 where links[link].isIPv4Up:
            receive(datagram: frame.dropping(arrived.payloadOffset), arrival, at: now)
        case .ipv6: receive(packet: frame.dropping(arrived.payloadOffset), arrival, at: now)
        default: break
        }
    }

    private mutating func receiveARP(_ frame: RawSpan, on link: Int, at now: Instant) {
        guard let arrived = ReceivedARP(frame) else {
            counters.malformed &+= 1
            return
        }
        let packet = arrived.packet
        let isOurs = isOwn(.v4(packet.targetAddress))
        guard links[link].isIPv4Up else {
            // Another station has the address or is probing for it (RFC 5227, section 2.1.1).
            let isTaken = isOwn(.v4(packet.senderAddress))
            let isWanted = isOurs && packet.senderAddress.isUnspecified
            if isTaken || isWanted, !isOwn(packet.senderMAC) {
                events.append(
                    .conflict(.v4(isTaken ? packet.senderAddress : packet.targetAddress), packet.senderMAC))
            }
            return
        }
        if packet.operation == .request, isOurs, !packet.senderAddress.isUnspecified, !isOwn(.v4(packet.senderAddress))
        {
            hear(.arp, .v4(packet.senderAddress), arrived.frameSource, on: link)
        }
        links[link].input(packet, at: now)
        settleNeighbors(link, at: now)
    }

    private mutating func receiveRARP(_ frame: RawSpan, on link: Int, at now: Instant) {
        guard let arrived = ReceivedARP(reverseRequest: frame) else { return }
        let interface = links[link].configuration
        let us = RARPModule.Link(
            mac: interface.mac,
            addresses: interface.addresses.compactMap { own in own.address.v4.map { ($0, own.prefixLength) } })
        guard case .answered(let answer, let address) = rarp.answer(arrived, on: us, at: now) else { return }
        hear(.rarp, .v4(address), arrived.frameSource, on: link)
        enqueue(answer, on: link)
    }

    /// Processes a neighbor discovery message.
    mutating func receive(_ arrived: ReceivedNDP, on link: Int, at now: Instant) {
        guard links[link].isIPv6Up else {
            // Another station has the address or is probing for it (RFC 4862, sections 5.4.3 and 5.4.4).
            switch arrived.message.kind {
            case .neighborSolicitation(_, let target) where arrived.source.isUnspecified && isOwn(.v6(target)):
                events.append(.conflict(.v6(target), arrived.mac))
            case .neighborAdvertisement(_, let target) where isOwn(.v6(target)):
                events.append(.conflict(.v6(target), arrived.targetMAC ?? arrived.mac))
            default: break
            }
            return
        }
        guard !links[link].isOwn(.v6(arrived.source)) else {
            return hearConflict(over: .v6(arrived.source), by: arrived.mac, on: link, at: now)
        }
        if case .neighborSolicitation(_, let target) = arrived.message.kind, isOwn(.v6(target)),
            !arrived.source.isUnspecified
        {
            hear(.neighborDiscovery, .v6(arrived.source), arrived.mac, on: link)
        }
        links[link].input(arrived, at: now)
        settleNeighbors(link, at: now)
    }

    /// Processes the events of ARP and neighbor discovery.
    mutating func settleNeighbors(_ link: Int, at now: Instant) {
        var ipv4Events: [NeighborEvent<IPv4Address>] = []
        links[link].drainARP { ipv4Events.append($0) }
        for event in ipv4Events { settle(event, on: link, at: now) { .v4($0) } }
        var ipv6Events: [NeighborEvent<IPv6Address>] = []
        links[link].drainNDP { ipv6Events.append($0) }
        for event in ipv6Events { settle(event, on: link, at: now) { .v6($0) } }
    }

    private mutating func settle<Address>(
        _ event: NeighborEvent<Address>, on link: Int, at now: Instant, _ ip: (Address) -> IPAddress
    ) {
        switch event {
        case .frame(let bytes): enqueue(bytes, on: link)
        case .resolved, .moved: wakeConnections(on: link)
        case .unresolved(let address): giveUp(ip(address), on: link, at: now)
        case .undeliverable(let datagram, let hop):
            counters.unreachable &+= 1
            sendUnreachable(.host, about: datagram.rawBytes, ip(hop).family, at: now)
            if let own = DatagramView(quoted: datagram.rawBytes) { hearDatagramError(about: own, .unreachable) }
        case .crowdedOut: counters.dropped &+= 1
        case .conflict(let address, let mac): hearConflict(over: ip(address), by: mac, on: link, at: now)
        case .expired: break
        }
    }

    private mutating func wakeConnections(on link: Int) {
        let routes = routes
        tcp.wake { routes.hop(to: $0.remote.address)?.interface == link }
    }

    /// Ends connections in the handshake to an unreachable next hop (RFC 1122, section 4.2.3.9).
    private mutating func giveUp(_ hop: IPAddress, on link: Int, at now: Instant) {
        routes.forgetRedirects(to: hop)
        let routes = routes
        tcp.giveUp(at: now) { routes.hop(to: $0.remote.address)?.address == hop }
    }

    mutating func hear(_ kind: HostContact.Kind, _ address: IPAddress, _ mac: MACAddress, on link: Int) {
        events.append(
            .heard(
                HostContact(address: address, mac: mac, kind: kind, interface: links[link].configuration.index)))
    }

    // MARK: TCP and UDP

    /// A complete packet for this host, for either IP version.
    struct Delivery: ~Escapable {
        let source: IPAddress
        let destination: IPAddress
        let payload: RawSpan
        /// The packet, with its headers.
        let packet: RawSpan

        @_lifetime(copy payload, copy packet)
        init(from source: IPAddress, to destination: IPAddress, _ payload: RawSpan, in packet: RawSpan) {
            self.source = source
            self.destination = destination
            self.payload = payload
            self.packet = packet
        }
    }

    mutating func deliverTCP(_ delivery: borrowing Delivery, _ arrival: FrameArrival, at now: Instant) {
        let (source, destination) = (delivery.source, delivery.destination)
        guard arrival.isForOne, !source.isUnspecified, let segment = try? TCPView(delivery.payload),
            arrival.hasPendingChecksum
                || segment.checksumState(source: source, destination: destination) == .correct
        else {
            counters.malformed &+= 1
            return
        }
        if segment.flags.contains(.syn), !segment.flags.contains(.ack) {
            hear(.tcp(segment.destinationPort), source, arrival.mac, on: arrival.link)
        }
        tcp.input(segment, from: source, to: destination, at: now)
    }

    mutating func deliverUDP(_ delivery: borrowing Delivery, _ arrival: FrameArrival, at now: Instant) {
        let (source, destination) = (delivery.source, delivery.destination)
        guard let datagram = try? UDPView(delivery.payload), !source.isUnspecified,
            // Length 0 is for jumbograms, which this host does not accept (RFC 2675).
            UDPView.headerLength...max(datagram.bytes.byteCount, UDPView.headerLength) ~= Int(datagram.length),
            arrival.hasPendingChecksum
                || datagram.checksumState(source: source, destination: destination) != .incorrect,
            // UDP over IPv6 requires a checksum (RFC 8200, section 8.1).
            source.family == .v4 || datagram.checksum != 0
        else {
            counters.malformed &+= 1
            return
        }
        let port = datagram.destinationPort
        hear(.udp(port), source, arrival.mac, on: arrival.link)
        // No datagrams, and no errors, for multicast and broadcast (RFC 1122, section 3.2.2).
        guard arrival.isForOne else { return }
        let arrived = ReceivedDatagram(
            local: destination, remote: source, remotePort: datagram.sourcePort, data: datagram.payload.copied())
        receive(arrived, port: port, in: delivery.packet, at: now)
    }

    // MARK: ICMP errors

    /// Processes an ICMP error about a segment, if the segment is outstanding (RFC 5927).
    /// - Parameter act: the action on the connection.
    mutating func hearError(about quote: borrowing DatagramView, _ act: (inout UserSpaceHost, TCPPair) -> Void) {
        guard isOwn(quote.source), let sequence = quote.sequenceNumber, let localPort = quote.sourcePort,
            let remotePort = quote.destinationPort
        else { return }
        let pair = TCPPair(
            local: TCPEndpoint(quote.source, localPort), remote: TCPEndpoint(quote.destination, remotePort))
        guard tcp.isOutstanding(SequenceNumber(sequence), of: pair) else { return }
        act(&self, pair)
    }

    /// Records a smaller path MTU and reduces the segment size of the connection.
    mutating func learnPathMTU(_ said: Int, length: Int, of pair: TCPPair, at now: Instant) {
        let address = pair.remote.address
        guard let mtu = pathMTUs.learn(said, length: length, to: address, at: now) else { return }
        tcp.shrinkSegments(of: pair, to: mtu - TCPModule.headerLength(address.family), at: now)
    }

    /// Drops incomplete datagrams after the reassembly timeout (RFC 1122, section 3.3.2; RFC 8200, section 4.5).
    mutating func giveUpFragments(at now: Instant) {
        for late in reassembly.expire(now: now.nanoseconds) {
            guard let first = late.firstFragment else { continue }
            switch late.key.source {
            case .v4: sendError({ .timeExceeded(code: 1, $0) }, about: first.rawBytes, isForOne: true, at: now)
            case .v6:
                sendError6(
                    { .timeExceeded(code: 1, $0) }, about: first.rawBytes,
                    isForOne: !late.key.destination.isMulticast, at: now)
            }
        }
    }
}
