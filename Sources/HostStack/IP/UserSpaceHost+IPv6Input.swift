import PacketEngine
import WireFormat

// The IPv6 input module (RFC 8200), including ICMPv6 (RFC 4443).

extension UserSpaceHost {
    mutating func receive(packet: RawSpan, _ arrival: FrameArrival, at now: Instant) {
        guard let view = try? IPv6View(packet), !view.isTruncated else {
            counters.malformed &+= 1
            return
        }
        let (source, destination, link) = (view.source, view.destination, arrival.link)
        // Invalid source addresses, and the host's own (RFC 4291, sections 2.5.3 and 2.7).
        // Neighbor discovery is the exception: another station may use the same address.
        guard !source.isMulticast, !source.isLoopback, !destination.isLoopback, !destination.isUnspecified,
            !isOwn(.v6(source)) || Self.isNeighborDiscovery(view)
        else {
            counters.malformed &+= 1
            return
        }
        let isToGroup = destination.isMulticast
        let whole = packet.prefix(IPv6View.headerLength + view.dataLength)
        guard isToGroup ? links[link].hears(.v6(destination)) : isOwn(.v6(destination)) else {
            if configuration.forwards, arrival.isForOne, !isToGroup, links[link].isIPv6Up {
                forward(packet: whole, on: link, at: now)
            }
            return
        }
        guard arrival.isForOne || isToGroup else { return }
        var own = arrival
        own.isForOne = arrival.isForOne && !isToGroup
        process(whole, own, isReassembled: false, at: now)
    }

    private static func isNeighborDiscovery(_ view: borrowing IPv6View) -> Bool {
        guard view.nextHeader == .icmpv6, let message = try? ICMPv6View(view.payload) else { return false }
        return message.type.isNeighborDiscovery
    }

    /// Processes the extension headers of a packet for this host (RFC 8200, section 4).
    private mutating func process(_ packet: RawSpan, _ arrival: FrameArrival, isReassembled: Bool, at now: Instant) {
        guard let view = try? IPv6View(packet) else { return }
        let payload = packet.dropping(IPv6View.headerLength)
        var chain = IPv6ChainReader(first: view.nextHeader, payload: payload)
        // The offset of the Next Header field that identifies the current header.
        var namedAt = 6
        while let (header, range) = chain.next() {
            let start = IPv6View.headerLength + range.lowerBound
            switch header {
            case .hopByHopOptions where range.lowerBound > 0:
                return sendParameterProblem(code: 1, at: namedAt, about: packet, arrival, at: now)
            case .hopByHopOptions, .destinationOptions:
                guard let problem = IPv6OptionProblem(payload.extracting(range)) else { break }
                var reported = arrival
                if problem.answer == .always { reported.isForOne = true }
                if problem.answer == .nothing { return }
                return sendParameterProblem(code: 2, at: start + problem.offset, about: packet, reported, at: now)
            case .routing where payload.byte(at: range.lowerBound + 3) > 0:
                // A host does not forward packets with a routing header (RFC 5095).
                return sendParameterProblem(code: 0, at: start + 2, about: packet, arrival, at: now)
            case .fragment:
                // A reassembled packet must not contain another fragment header: nesting would be unlimited.
                guard !isReassembled else {
                    counters.malformed &+= 1
                    return
                }
                return reassemble(packet, fragmentAt: start, arrival, at: now)
            default: break
            }
            namedAt = start
        }
        guard !chain.isTruncated else {
            counters.malformed &+= 1
            return
        }
        counters.delivered &+= 1
        let delivery = Delivery(
            from: .v6(view.source), to: .v6(view.destination), payload.dropping(chain.offset), in: packet)
        switch chain.nextHeader {
        case .icmpv6: deliverICMPv6(view, delivery, arrival, isReassembled: isReassembled, at: now)
        case .udp where links[arrival.link].isIPv6Up: deliverUDP(delivery, arrival, at: now)
        case .tcp where links[arrival.link].isIPv6Up: deliverTCP(delivery, arrival, at: now)
        case .udp, .tcp, .noNextHeader: break
        default:
            hear(.other(chain.nextHeader), delivery.source, arrival.mac, on: arrival.link)
            sendParameterProblem(code: 1, at: namedAt, about: packet, arrival, at: now)
        }
    }

    private mutating func reassemble(
        _ packet: RawSpan, fragmentAt start: Int, _ arrival: FrameArrival, at now: Instant
    ) {
        switch reassembly.add(ipv6: packet, now: now.nanoseconds) {
        case .complete(let whole):
            counters.reassembled &+= 1
            process(whole.rawBytes, arrival, isReassembled: true, at: now)
        // An empty last fragment is only dropped.
        case .dropped(.invalidLength) where packet.byteCount > start + 8:
            sendParameterProblem(code: 0, at: 4, about: packet, arrival, at: now)
        case .dropped(.tooLong): sendParameterProblem(code: 0, at: start + 2, about: packet, arrival, at: now)
        case .dropped(.malformed): sendParameterProblem(code: 3, at: 0, about: packet, arrival, at: now)
        case .waiting, .ignored, .dropped: break
        }
    }

    /// - Parameter offset: the offset of the field in error.
    private mutating func sendParameterProblem(
        code: UInt8, at offset: Int, about packet: RawSpan, _ arrival: FrameArrival, at now: Instant
    ) {
        sendError6(
            { .parameterProblem(code: code, $0) }, word: UInt32(truncatingIfNeeded: offset), about: packet,
            isForOne: arrival.isForOne, on: arrival.link, at: now)
    }

    // MARK: ICMPv6

    private mutating func deliverICMPv6(
        _ view: borrowing IPv6View, _ delivery: borrowing Delivery, _ arrival: FrameArrival, isReassembled: Bool,
        at now: Instant
    ) {
        guard let message = try? ICMPv6View(delivery.payload),
            message.checksumState(source: view.source, destination: view.destination) == .correct
        else {
            counters.malformed &+= 1
            return
        }
        if message.type.isNeighborDiscovery {
            // Neighbor discovery messages must not be fragmented (RFC 6980, section 5).
            guard !isReassembled, let arrived = ReceivedNDP(view, message, mac: arrival.mac) else {
                counters.malformed &+= 1
                return
            }
            if case .redirect(_, let target, let destination) = arrived.message.kind {
                redirect(destination, to: target, arrived, on: arrival.link, at: now)
            }
            return receive(arrived, on: arrival.link, at: now)
        }
        guard links[arrival.link].isIPv6Up else { return }
        switch message.type {
        case .echoRequest: echo(message, view, arrival, at: now)
        case .destinationUnreachable, .packetTooBig, .parameterProblem: hearError(message, at: now)
        default: break
        }
    }

    /// Sends the reply: the request with another type (RFC 4443, section 4.2). Replies to multicast requests are
    /// rate-limited.
    private mutating func echo(
        _ request: borrowing ICMPv6View, _ view: borrowing IPv6View, _ arrival: FrameArrival, at now: Instant
    ) {
        let (source, destination) = (view.source, view.destination)
        guard !source.isUnspecified else { return }
        hear(.echo, .v6(source), arrival.mac, on: arrival.link)
        var own = destination
        if destination.isMulticast {
            guard groupEchoes.take(at: now), let address = self.source(to: .v6(source), on: arrival.link)?.v6 else {
                return
            }
            own = address
        }
        var reply = request.bytes.copied()
        reply.withMutableBytes { bytes in
            bytes.setByte(ICMPv6Type.echoReply.rawValue, at: 0)
            bytes.setBigEndian16(0, at: 2)
            var sum = InternetChecksum()
            sum.addPseudoHeader(source: own, destination: source, protocol: .icmpv6, length: bytes.byteCount)
            sum.add(bytes.bytes)
            bytes.setBigEndian16(sum.value, at: 2)
        }
        sendPacket(
            .icmpv6, reply, from: own, to: source, trafficClass: view.trafficClass, on: arrival.link, at: now)
    }

    /// Processes an ICMPv6 error about a packet that this host sent.
    private mutating func hearError(_ message: borrowing ICMPv6View, at now: Instant) {
        guard let quoted = DatagramView(quoted: message.payload), quoted.family == .v6 else { return }
        let (type, code) = (message.type, message.code)
        let said = Int(message.restOfHeader)
        let length = quoted.statedLength
        let isPort = type == .parameterProblem || ICMPv6UnreachableCode(rawValue: code) == .port
        if type == .packetTooBig {
            learnDatagramMTU(said, about: quoted, at: now)
        } else if type == .destinationUnreachable || code == 1 {
            hearDatagramError(about: quoted, isPort ? .portUnreachable : .unreachable)
        }
        hearError(about: quoted) { host, pair in
            switch type {
            case .packetTooBig: host.learnPathMTU(said, length: length, of: pair, at: now)
            case .destinationUnreachable where ICMPv6UnreachableCode(rawValue: code) == .port,
                .parameterProblem where code == 1:
                host.tcp.giveUp(at: now) { $0 == pair }
            default: break
            }
        }
    }

    /// Processes a redirect (RFC 4861, section 8.3) if it is about an outstanding segment.
    private mutating func redirect(
        _ destination: IPv6Address, to target: IPv6Address, _ arrived: ReceivedNDP, on link: Int, at now: Instant
    ) {
        guard !configuration.forwards, links[link].isIPv6Up else { return }
        for case .redirectedHeader(_, let packet) in arrived.message.options {
            guard let quoted = DatagramView(quoted: packet.rawBytes), quoted.destination == .v6(destination) else {
                continue
            }
            hearError(about: quoted) { host, pair in
                _ = host.routes.redirect(.v6(destination), to: .v6(target), by: .v6(arrived.source), at: now)
            }
        }
    }
}
