import HostStack
import PacketEngine
import WireFormat

/// Matches received packets to probes. Nothing is trusted until its cookie verifies.
extension ScanEngine {
    mutating func receive(_ packet: borrowing ReceivedPacket) {
        guard packet.form == .frame else {
            guard packet.form == .datagram, let datagram = try? DatagramView(packet.bytes) else { return refuse() }
            // Only frames are answered to their MAC address.
            return receive(datagram, from: .broadcast, packet)
        }
        guard let frame = ReceivedFrame(packet.bytes) else { return }
        switch frame.etherType {
        case .ipv4, .ipv6:
            guard let datagram = frame.datagram(in: packet.bytes) else { return refuse() }
            receive(datagram, from: frame.source, packet)
        case .arp: forwardToSource(packet)
        default: break
        }
    }

    @inline(__always)
    private mutating func receive(
        _ datagram: borrowing DatagramView, from mac: MACAddress, _ packet: borrowing ReceivedPacket
    ) {
        guard datagram.isComplete, !datagram.isFragment, !datagram.hasIncorrectHeaderChecksum else { return refuse() }
        let ends = PacketEnds(
            source: datagram.source, destination: datagram.destination,
            hopLimit: configuration.connects ? nil : datagram.hopLimit,
            mac: mac)
        switch datagram.protocol {
        case .tcp where discoveryPort != 0 && datagram.destinationPort == discoveryPort:
            receiveReply(datagram.payload, ends, packet)
        case configuration.transport: receiveReply(method.read(datagram.payload, ends, packet), datagram, ends, packet)
        case .icmp where datagram.family == .v4:
            guard let message = try? ICMPv4View(datagram.payload), message.checksumState == .correct
            else { return refuse() }
            if message.type == .echoReply {
                return receiveEchoReply(message.restOfHeader, from: ends.source, to: ends.destination)
            }
            guard message.type == .destinationUnreachable else { return refuse() }
            receiveError(type: message.type.rawValue, message.code, quote: message.payload, ends, packet)
        case .icmpv6 where datagram.family == .v6:
            guard let message = try? ICMPv6View(datagram.payload) else { return refuse() }
            let isReply = message.type == .echoReply
            guard isReply || message.type == .destinationUnreachable else { return forwardToSource(packet) }
            guard message.checksumState(source: ends.source, destination: ends.destination) == .correct
            else { return refuse() }
            if isReply {
                let target = ends.source.scoped(to: packet.interfaceIndex) ?? ends.source
                return receiveEchoReply(message.restOfHeader, from: target, to: ends.destination)
            }
            receiveError(type: message.type.rawValue, message.code, quote: message.payload, ends, packet)
        default: break
        }
    }

    /// The indices of a probe in the scan order, of its target and of its port.
    typealias Probe = (index: UInt64, host: Int, port: Int)

    /// Returns the indices of a probe if it belongs to this shard and is in flight.
    /// - Parameter target: its target; a link-local one with its interface.
    func probe(of target: IPAddress, port: UInt16) -> Probe? {
        let portIndex = portIndices[Int(port)]
        guard portIndex >= 0, let host = configuration.targets.index(of: target) else { return nil }
        let index = permutation.index(of: UInt64(host) &* portCount &+ UInt64(portIndex))
        guard index % shardStride == shardOffset else { return nil }
        let own = index / shardStride
        return window.indices.contains(own) ? (own, host, Int(portIndex)) : nil
    }

    /// Records a verified reply; only the first reply to a probe counts.
    /// - Returns: whether it is the first, and its round-trip time; nil if the send time is no longer known.
    private mutating func conclude(
        _ probe: Probe, round: Int, _ state: ScanState, at arrival: Instant
    ) -> (isFirst: Bool, roundTrip: Nanoseconds?) {
        let index = probe.index
        result.received += 1
        guard closing == nil, !isOver else { return (false, nil) }
        guard window.decide(index) else {
            if review != nil { receivePaced(probe, round: round, isFirst: false, at: arrival) }
            return (false, nil)
        }
        var sent = log.instant(round: round, index: index)
        if review != nil, let paced = receivePaced(probe, round: round, isFirst: true, at: arrival) { sent = paced }
        let roundTrip = sent.map { max(arrival - $0, .zero) }
        if let roundTrip { roundTrips.add(roundTrip) }
        // Replies to the recheck show a limit, not that the first tries were too fast.
        if 1...max(1, configuration.retries) ~= round { result.answeredLater += 1 }
        // Errors come from routers: they do not show the target's round trip.
        if state != .filtered { respondents?.insert(probe.host) }
        if round > 0 || state != .closed { mark(index, round: round, state: state) }
        result.count(state)
        if state == .closed, uniform != nil {
            uniform?.receiveClosed(probe.host)
            reportReleased()
        }
        return (true, roundTrip)
    }

    /// Reports the state of a port after its first reply.
    private mutating func report(_ found: ScanFinding, _ probe: Probe, round: Int) {
        guard found.state == .open, uniform != nil else { return events.append(.finding(found)) }
        let probed = probedPorts(before: round > 0 ? nil : probe.index &+ 1)
        uniform?.receive(found, index: probe.index, of: probe.host, probed: probed)
        reportReleased()
    }

    /// Returns the expected number of ports of each target in the window that were probed.
    /// - Parameter index: the end of the probes sent; nil for all of the window.
    func probedPorts(before index: UInt64?) -> Int {
        let count = UInt64(window.indices.count)
        let sent = index.map { min($0 &- window.indices.lowerBound, count) } ?? count
        return Int((Double(sent) / Double(max(configuration.targets.count, 1))).rounded())
    }

    /// Reports open ports that were held back.
    mutating func reportReleased() {
        for finding in uniform?.takeReleased() ?? [] {
            if !finding.isReliable { result.unconfirmed += 1 }
            events.append(.finding(finding))
        }
    }

    mutating func refuse() { result.refused += 1 }

    /// ARP and neighbor discovery are for the host behind an unowned source.
    private mutating func forwardToSource(_ packet: borrowing ReceivedPacket) {
        guard let sourceHost else { return }
        sourceHost.receive(packet)
        for (address, mac) in sourceHost.conflicts { events.append(.conflict(address, mac)) }
        sourceHost.forgetConflicts()
    }

    // MARK: Replies

    /// Handles what the method read in a packet of its protocol.
    @inline(__always)
    private mutating func receiveReply(
        _ reply: ScanReply, _ datagram: borrowing DatagramView, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket
    ) {
        guard case .state(let state, let reason, let port, let sourcePort, let halfOpen) = reply else {
            if case .refused = reply { refuse() }
            return
        }
        let target = ends.source.scoped(to: packet.interfaceIndex) ?? ends.source
        guard configuration.probePorts.contains(sourcePort), let probe = probe(of: target, port: port) else {
            return refuse()
        }
        let round = Int(sourcePort - configuration.sourcePort)
        let (isFirst, roundTrip) = conclude(probe, round: round, state, at: packet.arrival)
        if isFirst, state == .open || configuration.reportsAll {
            var found = ScanFinding(
                target, port: port, state: state, reason: reason, at: packet.arrival, hopLimit: ends.hopLimit,
                roundTrip: roundTrip)
            method.describe(&found, datagram.payload)
            report(found, probe, round: round)
        }
        guard state == .open else { return }
        if isFirst, method.followUp != nil {
            guard !method.follow(datagram.payload, ends, at: packet.arrival) else { return }
            uniform?.confirm(probe.host, port: port, isReal: false)
            reportReleased()
        }
        guard let halfOpen else { return }
        resets.add(
            target: ends.source, port: port, from: ends.destination, sourcePort: sourcePort, sequence: halfOpen,
            mac: ends.mac, interface: packet.interfaceIndex)
    }

    // MARK: Errors

    /// Whether the code of a destination unreachable message shows the state of a port: for ICMPv4 the same as in nmap
    /// (RFC 792; RFC 1812, section 5.2.7.1), and all of ICMPv6's (RFC 4443, section 3.1).
    private static func showsState(_ code: UInt8, _ family: IPAddress.Family) -> Bool {
        switch (family, code) {
        case (.v6, _), (.v4, 0...3), (.v4, 9...10), (.v4, 13): true
        default: false
        }
    }

    private mutating func receiveError(
        type: UInt8, _ code: UInt8, quote bytes: RawSpan, _ ends: PacketEnds, _ packet: borrowing ReceivedPacket
    ) {
        guard let quote = DatagramView(quoted: bytes), quote.family == ends.source.family else { return refuse() }
        if discovery != nil, quote.protocol != configuration.transport || quote.sourcePort == discoveryPort {
            return receiveError(about: quote, from: ends.source, interface: packet.interfaceIndex)
        }
        let target = quote.destination.scoped(to: packet.interfaceIndex) ?? quote.destination
        guard Self.showsState(code, ends.source.family), quote.protocol == configuration.transport,
            let sourcePort = quote.sourcePort, let port = quote.destinationPort,
            configuration.probePorts.contains(sourcePort), let probe = probe(of: target, port: port),
            let state = method.state(ofError: code, quoting: quote, from: ends.source)
        else { return refuse() }
        let round = Int(sourcePort - configuration.sourcePort)
        let (isFirst, roundTrip) = conclude(probe, round: round, state, at: packet.arrival)
        guard isFirst, configuration.reportsAll else { return }
        let found = ScanFinding(
            target, port: port, state: state, reason: .icmp(type: type, code: code, from: ends.source),
            at: packet.arrival, hopLimit: ends.hopLimit, roundTrip: roundTrip)
        report(found, probe, round: round)
    }
}
