import PacketEngine
import WireFormat

// What arrives: ARP to its module, datagrams to the processing module (RFC 1122, section 3.2.1).

extension Host {
    /// Takes in a frame.
    /// - Parameters:
    ///   - interface: the system's number of it.
    ///   - hasPendingChecksum: the checksum of its TCP or UDP is still to be computed: it never left the machine.
    public mutating func receive(
        _ frame: RawSpan, on interface: UInt32, at now: Instant, hasPendingChecksum: Bool = false
    ) {
        guard let link = links.firstIndex(where: { $0.configuration.index == interface }),
            let arrived = ArrivedFrame(frame), arrived.source != links[link].configuration.mac
        else { return }
        let isForUs = arrived.destination == links[link].configuration.mac
        guard isForUs || arrived.destination.isMulticast else { return }
        counters.received &+= 1
        switch arrived.etherType {
        case .arp: receiveARP(frame, on: link, at: now)
        case .ipv4 where links[link].claim.map(\.isDone) ?? true:
            receive(
                datagram: frame.dropping(arrived.payloadOffset),
                Arrival(
                    mac: arrived.source, isForOne: isForUs, link: link, hasPendingChecksum: hasPendingChecksum), at: now
            )
        default: break
        }
    }

    private mutating func receiveARP(_ frame: RawSpan, on link: Int, at now: Instant) {
        guard let arrived = ArrivedARP(frame) else {
            counters.malformed &+= 1
            return
        }
        let packet = arrived.packet
        let isOurs = isOwn(packet.targetAddress)
        if let claim = links[link].claim, !claim.isDone {
            // Another one has the address, or wants it at the same time (RFC 5227, section 2.1.1).
            let isTaken = isOwn(packet.senderAddress)
            let isWanted = isOurs && packet.senderAddress.isUnspecified
            if isTaken || isWanted, packet.senderMAC != links[link].configuration.mac {
                events.append(.conflict(isTaken ? packet.senderAddress : packet.targetAddress, packet.senderMAC))
            }
            return
        }
        if packet.operation == .request, isOurs, !packet.senderAddress.isUnspecified {
            hear(.arp, .v4(packet.senderAddress), arrived.frameSource, on: link)
        }
        links[link].arp.input(packet, at: now)
        settleARP(link, at: now)
    }

    /// Does what the ARP module wants done.
    mutating func settleARP(_ link: Int, at now: Instant) {
        var wanted: [ARPEvent] = []
        links[link].arp.drain { wanted.append($0) }
        for event in wanted {
            switch event {
            case .frame(let bytes): enqueue(bytes, on: link)
            case .resolved, .moved: wakeConnections(on: link)
            case .unresolved(let address): giveUp(address, on: link, at: now)
            case .undeliverable(let datagram, _):
                counters.unreachable &+= 1
                sendError(
                    { .destinationUnreachable(.host, $0) }, about: datagram.rawBytes, isForOne: true, at: now)
            case .crowdedOut: counters.dropped &+= 1
            case .conflict(let address, let mac): events.append(.conflict(address, mac))
            case .expired: break
            }
        }
    }

    /// The next hop of a connection's segments.
    static func hop(of pair: TCPPair, _ routes: RoutingTable) -> RoutingTable.Hop? {
        guard case .v4(let address) = pair.remote.address else { return nil }
        return routes.hop(to: address)
    }

    private mutating func wakeConnections(on link: Int) {
        let routes = routes
        tcp.wake { Self.hop(of: $0, routes)?.interface == link }
    }

    /// Nobody answers there: connections that have not begun come to nothing (RFC 1122, section 4.2.3.9).
    private mutating func giveUp(_ hop: IPv4Address, on link: Int, at now: Instant) {
        let routes = routes
        tcp.giveUp(at: now) { Self.hop(of: $0, routes)?.address == hop }
    }

    mutating func hear(_ kind: HostContact.Kind, _ address: IPAddress, _ mac: MACAddress, on link: Int) {
        events.append(
            .heard(
                HostContact(address: address, mac: mac, kind: kind, interface: links[link].configuration.index)))
    }

    // MARK: Datagrams

    /// How a frame came.
    private struct Arrival {
        var mac: MACAddress
        /// It is for this host alone.
        var isForOne: Bool
        var link: Int
        var hasPendingChecksum: Bool
    }

    private mutating func receive(datagram: RawSpan, _ arrival: Arrival, at now: Instant) {
        let (link, isForOne) = (arrival.link, arrival.isForOne)
        guard let view = try? IPv4View(datagram), !view.isTruncated, view.checksumState == .correct,
            Int(view.totalLength) >= view.headerLength
        else {
            counters.malformed &+= 1
            return
        }
        let (source, destination) = (view.source, view.destination)
        // Nobody is at these addresses, and nobody else is where we are (RFC 1122, section 3.2.1.3).
        guard !source.isMulticast, !source.isLimitedBroadcast, !source.isLoopback,
            !destination.isLoopback, !isOwn(source), !isBroadcast(source, on: link)
        else {
            counters.malformed &+= 1
            return
        }
        let isToAll = isBroadcast(destination, on: link)
        guard isOwn(destination) || isToAll else {
            if configuration.forwards, isForOne, !destination.isMulticast {
                forward(datagram.prefix(Int(view.totalLength)), on: link, at: now)
            }
            return
        }
        // What is for one host does not come in a frame for all (RFC 1122, section 3.3.6).
        guard isForOne || isToAll else { return }
        var context = arrival
        context.isForOne = isForOne && !isToAll
        guard view.moreFragments || view.fragmentOffset != 0 else {
            return deliver(view, context, at: now)
        }
        guard case .complete(let whole) = reassembly.add(ipv4: datagram, now: now.nanoseconds) else { return }
        counters.reassembled &+= 1
        guard let joined = try? IPv4View(whole.rawBytes) else { return }
        deliver(joined, context, at: now)
    }

    /// A whole datagram for this host.
    private mutating func deliver(_ view: borrowing IPv4View, _ context: Arrival, at now: Instant) {
        counters.delivered &+= 1
        switch view.protocol {
        case .icmp: deliverICMP(view, context, at: now)
        case .udp: deliverUDP(view, context, at: now)
        case .tcp: deliverTCP(view, context, at: now)
        default:
            hear(.other(view.protocol), .v4(view.source), context.mac, on: context.link)
            sendError(
                { .destinationUnreachable(.protocol, $0) }, about: view.bytes, isForOne: context.isForOne, at: now)
        }
    }

    private mutating func deliverTCP(_ view: borrowing IPv4View, _ context: Arrival, at now: Instant) {
        let (source, destination) = (IPAddress.v4(view.source), IPAddress.v4(view.destination))
        guard context.isForOne, let segment = try? TCPView(view.payload),
            context.hasPendingChecksum
                || segment.checksumState(source: source, destination: destination) == .correct
        else {
            counters.malformed &+= 1
            return
        }
        if segment.flags.contains(.syn), !segment.flags.contains(.ack) {
            hear(.tcp(segment.destinationPort), source, context.mac, on: context.link)
        }
        tcp.input(segment, from: source, to: destination, at: now)
    }

    private mutating func deliverUDP(_ view: borrowing IPv4View, _ context: Arrival, at now: Instant) {
        let (source, destination) = (IPAddress.v4(view.source), IPAddress.v4(view.destination))
        guard let datagram = try? UDPView(view.payload),
            datagram.datagramLength <= datagram.bytes.byteCount,
            context.hasPendingChecksum
                || datagram.checksumState(source: source, destination: destination) != .incorrect
        else {
            counters.malformed &+= 1
            return
        }
        let port = datagram.destinationPort
        hear(.udp(port), source, context.mac, on: context.link)
        guard context.isForOne else { return }
        let arrived = ArrivedDatagram(
            local: destination, remote: source, remotePort: datagram.sourcePort, data: datagram.payload.copied())
        switch udp.input(arrived, port: port) {
        case .queued(let isFirst): if isFirst { events.append(.datagrams(port: port)) }
        case .dropped: counters.dropped &+= 1
        case .unreachable:
            sendError({ .destinationUnreachable(.port, $0) }, about: view.bytes, isForOne: true, at: now)
        }
    }

    private mutating func deliverICMP(_ view: borrowing IPv4View, _ context: Arrival, at now: Instant) {
        guard let message = try? ICMPv4View(view.payload), message.checksumState == .correct else {
            counters.malformed &+= 1
            return
        }
        switch message.type {
        case .echoRequest:
            hear(.echo, .v4(view.source), context.mac, on: context.link)
            // Echo to a broadcast address makes others suffer (RFC 1122, section 3.2.2.6).
            guard context.isForOne else { return }
            sendDatagram(
                .icmp, Self.echoReply(to: message), from: view.destination, to: view.source,
                typeOfService: view.typeOfService, at: now)
        case .destinationUnreachable: hearError(message, at: now)
        default: break
        }
    }

    /// The same message with another type (RFC 792).
    private static func echoReply(to request: borrowing ICMPv4View) -> [UInt8] {
        var reply = request.bytes.copied()
        let before = request.bytes.bigEndian16(at: 0)
        let type = UInt16(ICMPv4Type.echoReply.rawValue)
        let checksum = InternetChecksum.updated(
            request.checksum, replacing: before, with: type << 8 | before & 0xFF)
        reply[0] = ICMPv4Type.echoReply.rawValue
        reply[2] = UInt8(checksum >> 8)
        reply[3] = UInt8(checksum & 0xFF)
        return reply
    }

    /// A router or host could not pass on what we sent: connections are told, if it is of theirs (RFC 5927).
    private mutating func hearError(_ message: borrowing ICMPv4View, at now: Instant) {
        let quote = message.payload
        guard let quoted = try? IPv4View(quote), quoted.protocol == .tcp, isOwn(quoted.source),
            quoted.payload.byteCount >= 8
        else { return }
        let header = quoted.payload
        let pair = TCPPair(
            local: TCPEndpoint(.v4(quoted.source), header.bigEndian16(at: 0)),
            remote: TCPEndpoint(.v4(quoted.destination), header.bigEndian16(at: 2)))
        let sequence = SequenceNumber(header.bigEndian32(at: 4))
        let code = ICMPv4UnreachableCode(rawValue: message.code)
        let (said, length, destination) = (Int(message.nextHopMTU), Int(quoted.totalLength), quoted.destination)
        guard tcp.isOutstanding(sequence, of: pair) else { return }
        if code == .fragmentationNeeded {
            guard let mtu = pathMTUs.learn(said, length: length, to: destination, at: now) else { return }
            tcp.shrinkSegments(of: pair, to: mtu - 40, at: now)
        } else if code == .port || code == .protocol {
            tcp.giveUp(at: now) { $0 == pair }
        }
    }
}
