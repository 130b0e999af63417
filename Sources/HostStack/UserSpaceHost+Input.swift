import PacketEngine
import WireFormat

// What arrives: frames to their protocols, and what is said of the link's addresses and groups.

/// How a frame came.
struct FrameArrival {
    var mac: MACAddress
    /// It is for this host alone: what it brings may be answered with an error.
    var isForOne: Bool
    var link: Int
    /// The checksum of its TCP or UDP is still to be computed: it never left the machine.
    var hasPendingChecksum: Bool
}

extension UserSpaceHost {
    /// Takes in a frame.
    /// - Parameters:
    ///   - interface: the system's number of it.
    ///   - hasPendingChecksum: the checksum of its TCP or UDP is still to be computed: it never left the machine.
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
        case .reverseARP where links[link].isFourUp && !rarp.table.isEmpty: receiveRARP(frame, on: link, at: now)
        case .ipv4 where links[link].isFourUp:
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
        guard links[link].isFourUp else {
            // Another one has the address, or wants it at the same time (RFC 5227, section 2.1.1).
            let isTaken = isOwn(.v4(packet.senderAddress))
            let isWanted = isOurs && packet.senderAddress.isUnspecified
            if isTaken || isWanted, packet.senderMAC != links[link].configuration.mac {
                events.append(
                    .conflict(.v4(isTaken ? packet.senderAddress : packet.targetAddress), packet.senderMAC))
            }
            return
        }
        if packet.operation == .request, isOurs, !packet.senderAddress.isUnspecified {
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

    /// A message of neighbor discovery.
    mutating func receive(_ arrived: ReceivedNDP, on link: Int, at now: Instant) {
        guard links[link].isSixUp else {
            // Another one has the address, or wants it at the same time (RFC 4862, section 5.4.3 and 5.4.4).
            switch arrived.message.kind {
            case .neighborSolicitation(_, let target) where arrived.source.isUnspecified && isOwn(.v6(target)):
                events.append(.conflict(.v6(target), arrived.mac))
            case .neighborAdvertisement(_, let target) where isOwn(.v6(target)):
                events.append(.conflict(.v6(target), arrived.targetMAC ?? arrived.mac))
            default: break
            }
            return
        }
        if case .neighborSolicitation(_, let target) = arrived.message.kind, isOwn(.v6(target)),
            !arrived.source.isUnspecified
        {
            hear(.neighborDiscovery, .v6(arrived.source), arrived.mac, on: link)
        }
        links[link].input(arrived, at: now)
        settleNeighbors(link, at: now)
    }

    /// Does what the resolution of addresses wants done.
    mutating func settleNeighbors(_ link: Int, at now: Instant) {
        var four: [NeighborEvent<IPv4Address>] = []
        links[link].drainARP { four.append($0) }
        for event in four { settle(event, on: link, at: now) { .v4($0) } }
        var six: [NeighborEvent<IPv6Address>] = []
        links[link].drainNDP { six.append($0) }
        for event in six { settle(event, on: link, at: now) { .v6($0) } }
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
        case .crowdedOut: counters.dropped &+= 1
        case .conflict(let address, let mac): events.append(.conflict(ip(address), mac))
        case .expired: break
        }
    }

    private mutating func wakeConnections(on link: Int) {
        let routes = routes
        tcp.wake { routes.hop(to: $0.remote.address)?.interface == link }
    }

    /// Nobody answers there: connections that have not begun come to nothing (RFC 1122, section 4.2.3.9).
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

    /// A whole packet for this host, whatever the version of its headers.
    struct Delivery: ~Escapable {
        let source: IPAddress
        let destination: IPAddress
        let payload: RawSpan
        /// With its headers.
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
            datagram.datagramLength <= datagram.bytes.byteCount,
            arrival.hasPendingChecksum
                || datagram.checksumState(source: source, destination: destination) != .incorrect,
            // Without a checksum it is none of IPv6 (RFC 8200, section 8.1).
            source.family == .v4 || datagram.checksum != 0
        else {
            counters.malformed &+= 1
            return
        }
        let port = datagram.destinationPort
        hear(.udp(port), source, arrival.mac, on: arrival.link)
        guard arrival.isForOne else { return }
        let arrived = ReceivedDatagram(
            local: destination, remote: source, remotePort: datagram.sourcePort, data: datagram.payload.copied())
        switch udp.input(arrived, port: port) {
        case .queued(let isFirst): if isFirst { events.append(.datagrams(port: port)) }
        case .dropped: counters.dropped &+= 1
        case .unreachable: sendUnreachable(.port, about: delivery.packet, source.family, at: now)
        }
    }

    // MARK: What others say of what we have sent

    /// An error about a segment of ours, if it is of one that is on its way (RFC 5927).
    /// - Parameter act: what follows for the connection.
    mutating func hearError(about quote: borrowing DatagramView, _ act: (inout UserSpaceHost, TCPPair) -> Void) {
        guard isOwn(quote.source), let sequence = quote.sequenceNumber, let localPort = quote.sourcePort,
            let remotePort = quote.destinationPort
        else { return }
        let pair = TCPPair(
            local: TCPEndpoint(quote.source, localPort), remote: TCPEndpoint(quote.destination, remotePort))
        guard tcp.isOutstanding(SequenceNumber(sequence), of: pair) else { return }
        act(&self, pair)
    }

    /// A router could not pass on a segment that was too long.
    mutating func learnPathMTU(_ said: Int, length: Int, of pair: TCPPair, at now: Instant) {
        let address = pair.remote.address
        guard let mtu = pathMTUs.learn(said, length: length, to: address, at: now) else { return }
        tcp.shrinkSegments(of: pair, to: mtu - TCPModule.headerLength(address.family), at: now)
    }

    /// Fragments whose others did not come in time (RFC 1122, section 3.3.2; RFC 8200, section 4.5).
    mutating func giveUpFragments(at now: Instant) {
        for late in reassembly.expire(now: now.nanoseconds) {
            guard let first = late.firstFragment else { continue }
            switch late.key.source {
            case .v4: sendError({ .timeExceeded(code: 1, $0) }, about: first.rawBytes, isForOne: true, at: now)
            case .v6: sendError6({ .timeExceeded(code: 1, $0) }, about: first.rawBytes, isForOne: true, at: now)
            }
        }
    }
}
