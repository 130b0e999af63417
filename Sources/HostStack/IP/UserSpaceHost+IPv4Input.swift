import PacketEngine
import WireFormat

// The IPv4 input module (RFC 1122, section 3.2.1), including ICMP.

extension UserSpaceHost {
    mutating func receive(datagram: RawSpan, _ arrival: FrameArrival, at now: Instant) {
        let (link, isForOne) = (arrival.link, arrival.isForOne)
        guard let view = try? IPv4View(datagram), !view.isTruncated, view.checksumState == .correct,
            Int(view.totalLength) >= view.headerLength
        else {
            counters.malformed &+= 1
            return
        }
        let (source, destination) = (view.source, view.destination)
        // Invalid source addresses, and the host's own (RFC 1122, section 3.2.1.3).
        guard !source.isMulticast, !source.isLimitedBroadcast, !source.isLoopback,
            !destination.isLoopback, !isOwn(.v4(source)), !isBroadcast(source, on: link)
        else {
            counters.malformed &+= 1
            return
        }
        let isToAll = isBroadcast(destination, on: link)
        let isToGroup = destination.isMulticast && links[link].hears(.v4(destination))
        guard isOwn(.v4(destination)) || isToAll || isToGroup else {
            if configuration.forwards, isForOne, !destination.isMulticast {
                forward(datagram.prefix(Int(view.totalLength)), on: link, at: now)
            }
            return
        }
        // A unicast datagram must not arrive in a broadcast frame (RFC 1122, section 3.3.6).
        guard isForOne || isToAll || isToGroup else { return }
        var own = arrival
        own.isForOne = isForOne && !isToAll && !isToGroup
        guard acceptOptions(view, own, at: now) else { return }
        guard view.moreFragments || view.fragmentOffset != 0 else {
            return deliver(view, own, at: now)
        }
        guard case .complete(let whole) = reassembly.add(ipv4: datagram, now: now.nanoseconds) else { return }
        counters.reassembled &+= 1
        guard let joined = try? IPv4View(whole.rawBytes) else { return }
        deliver(joined, own, at: now)
    }

    /// Whether the options allow the datagram to be accepted. Malformed options are reported as a parameter problem
    /// (RFC 1122, section 3.2.2.5); a host does not forward source-routed datagrams (section 3.2.1.8).
    private mutating func acceptOptions(_ view: borrowing IPv4View, _ arrival: FrameArrival, at now: Instant) -> Bool {
        guard view.headerLength > IPv4View.minimumHeaderLength else { return true }
        let datagram = view.bytes.prefix(Int(view.totalLength))
        guard let problem = IPv4OptionProblem(view.options) else { return true }
        switch problem {
        case .unreadable(let offset):
            guard arrival.isForOne else { return false }
            sendParameterProblem(at: IPv4View.minimumHeaderLength + offset, about: datagram, at: now)
        case .sourceRoute:
            sendError(
                { .destinationUnreachable(.sourceRouteFailed, $0) }, about: datagram, isForOne: arrival.isForOne,
                at: now)
        }
        return false
    }

    /// - Parameter offset: the offset of the byte in error.
    mutating func sendParameterProblem(at offset: Int, about datagram: RawSpan, at now: Instant) {
        sendError(
            { .parameterProblem(code: 0, $0) }, word: UInt32(UInt8(clamping: offset)) << 24, about: datagram,
            isForOne: true, at: now)
    }

    /// Delivers a complete datagram to its protocol.
    private mutating func deliver(_ view: borrowing IPv4View, _ arrival: FrameArrival, at now: Instant) {
        counters.delivered &+= 1
        let delivery = Delivery(
            from: .v4(view.source), to: .v4(view.destination), view.payload, in: view.bytes.prefix(view.datagramLength))
        switch view.protocol {
        case .icmp: deliverICMP(view, arrival, at: now)
        case .udp: deliverUDP(delivery, arrival, at: now)
        case .tcp: deliverTCP(delivery, arrival, at: now)
        // IGMP messages were processed when the frame arrived.
        case .igmp: break
        default:
            hear(.other(view.protocol), .v4(view.source), arrival.mac, on: arrival.link)
            sendError(
                { .destinationUnreachable(.protocol, $0) }, about: view.bytes, isForOne: arrival.isForOne, at: now)
        }
    }

    private mutating func deliverICMP(_ view: borrowing IPv4View, _ arrival: FrameArrival, at now: Instant) {
        guard let message = try? ICMPv4View(view.payload), message.checksumState == .correct else {
            counters.malformed &+= 1
            return
        }
        switch message.type {
        case .echoRequest:
            hear(.echo, .v4(view.source), arrival.mac, on: arrival.link)
            // No reply to an echo request sent to a broadcast address (RFC 1122, section 3.2.2.6).
            guard arrival.isForOne else { return }
            sendDatagram(
                .icmp, Self.echoReply(to: message), from: view.destination, to: view.source,
                typeOfService: view.typeOfService,
                options: recorder(view.destination, at: now).echoed(view.options), at: now)
        case .destinationUnreachable, .redirect: hearError(view, message, at: now)
        default: break
        }
    }

    /// Returns what records `address` in options.
    func recorder(_ address: IPv4Address, at now: Instant) -> IPv4OptionRecorder {
        let (links, day) = (links, Int64(86_400_000))
        // Without the time of day, the highest bit marks another clock (RFC 791, section 3.1).
        let timestamp =
            configuration.universalTime.map { UInt32(truncatingIfNeeded: ($0 &+ now.nanoseconds) / 1_000_000 % day) }
            ?? UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) | 0x8000_0000
        return IPv4OptionRecorder(address: address, timestamp: timestamp) { own in
            links.contains { $0.isOwn(.v4(own)) }
        }
    }

    /// Returns the reply: the request with another type (RFC 792).
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

    /// Processes an ICMP error about a datagram that this host sent.
    private mutating func hearError(
        _ view: borrowing IPv4View, _ message: borrowing ICMPv4View, at now: Instant
    ) {
        guard let quoted = DatagramView(quoted: message.payload), quoted.family == .v4 else { return }
        let (type, code) = (message.type, ICMPv4UnreachableCode(rawValue: message.code))
        let (said, length) = (Int(message.nextHopMTU), quoted.statedLength)
        let (router, gateway) = (IPAddress.v4(view.source), IPAddress.v4(message.gateway))
        let forwards = configuration.forwards
        if type == .destinationUnreachable, code != .fragmentationNeeded {
            hearDatagramError(about: quoted, code == .port || code == .protocol ? .portUnreachable : .unreachable)
        }
        hearError(about: quoted) { host, pair in
            switch type {
            case .destinationUnreachable where code == .fragmentationNeeded:
                host.learnPathMTU(said, length: length, of: pair, at: now)
            case .destinationUnreachable where code == .port || code == .protocol:
                host.tcp.giveUp(at: now) { $0 == pair }
            case .redirect where !forwards:
                _ = host.routes.redirect(pair.remote.address, to: gateway, by: router, at: now)
            default: break
            }
        }
    }
}
