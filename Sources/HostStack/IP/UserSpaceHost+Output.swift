import PacketEngine
import WireFormat

// The output module: IP headers, fragmentation and the output queue.

extension UserSpaceHost {
    /// Appends the frames that are ready to be sent.
    /// - Returns: whether the batch was too small for all of them.
    public mutating func transmit(into batch: inout PacketBatch, at now: Instant) -> Bool {
        guard transmitQueue(into: &batch) else { return true }
        while let stray = tcp.takeStray() {
            send(stray, at: now)
            guard transmitQueue(into: &batch) else { return true }
        }
        while batch.room > 0 {
            var asked: [RoutingTable.Hop] = []
            let isMore = transmitSegment(into: &batch, asking: &asked, at: now)
            for hop in asked {
                links[hop.interface].resolve(hop.address, at: now)
                settleNeighbors(hop.interface, at: now)
            }
            if !isMore { return !transmitQueue(into: &batch) }
        }
        return tcp.hasOutput
    }

    /// - Returns: whether the queue is now empty.
    private mutating func transmitQueue(into batch: inout PacketBatch) -> Bool {
        while let frame = output.first {
            guard batch.room > 0 else { return false }
            output.removeFirst()
            if batch.append(frame: frame.bytes, token: frameToken, interface: frame.interface) { counters.sent &+= 1 }
        }
        return true
    }

    /// Writes the next segment of a connection into the batch, with all headers.
    private mutating func transmitSegment(
        into batch: inout PacketBatch, asking unknown: inout [RoutingTable.Hop], at now: Instant
    ) -> Bool {
        var nextHop: (hop: RoutingTable.Hop, mac: MACAddress)?
        let (routes, isUp) = (routes, isUp)
        // Copied first, because `tcp` is borrowed for the duration of the call.
        let (links, token) = (links, frameToken)
        var (sent, unsent): (UInt64, UInt64) = (0, 0)
        let isMore = tcp.output(at: now) { pair in
            nextHop = nil
            guard isUp, let hop = routes.hop(to: pair.remote.address) else { return false }
            let (known, wantsUse) = links[hop.interface].neighbor(to: hop.address)
            if wantsUse { unknown.append(hop) }
            guard let mac = known else { return false }
            nextHop = (hop, mac)
            return true
        } _: { pair, connection, segment in
            guard let nextHop else { return }
            // Lost, as on a wire: the segment is retransmitted.
            guard links[nextHop.hop.interface].isConnected else {
                unsent += 1
                return
            }
            let interface = links[nextHop.hop.interface].configuration
            let length = segment.headerLength + segment.length
            let header = SegmentHeader(from: pair.local.address, to: pair.remote.address, payload: length)
            let whole = EthernetView.headerLength + header.length + length
            batch.append(
                frameOf: max(whole, EthernetHeader.minimumFrameLength), token: token, interface: interface.index
            ) { bytes, offset in
                bytes.setMACAddress(nextHop.mac, at: offset)
                bytes.setMACAddress(interface.mac, at: offset + 6)
                bytes.setBigEndian16(header.etherType.rawValue, at: offset + 12)
                header.write(into: &bytes, at: offset + EthernetView.headerLength)
                let start = offset + EthernetView.headerLength + header.length
                bytes.setBigEndian16(pair.local.port, at: start)
                bytes.setBigEndian16(pair.remote.port, at: start + 2)
                connection.write(segment, into: &bytes, at: start, now)
                var sum = header.pseudoHeader
                sum.add(bytes.bytes.extracting(start..<start + length))
                bytes.setBigEndian16(sum.value, at: start + 16)
                var padding = start + length
                while padding < offset + EthernetHeader.minimumFrameLength {
                    bytes.setByte(0, at: padding)
                    padding += 1
                }
            }
            sent += 1
        }
        counters.sent &+= sent
        counters.dropped &+= unsent
        return isMore
    }

    mutating func enqueue(_ frame: [UInt8], on link: Int) {
        guard output.count < Self.outputLimit, links[link].isConnected else {
            counters.dropped &+= 1
            return
        }
        output.append(QueuedFrame(interface: links[link].configuration.index, bytes: frame))
    }

    // MARK: Datagrams

    /// Sends the payload of a transport protocol over IPv4 or IPv6.
    mutating func send(
        _ protocol: IPProtocol, _ payload: [UInt8], from source: IPAddress, to destination: IPAddress, at now: Instant
    ) {
        switch (source, destination) {
        case (.v4(let source), .v4(let destination)):
            sendDatagram(`protocol`, payload, from: source, to: destination, at: now)
        case (.v6(let source), .v6(let destination)):
            sendPacket(`protocol`, payload, from: source, to: destination, at: now)
        default: counters.unreachable &+= 1
        }
    }

    /// Adds the IPv4 header, fragments the datagram if it exceeds the MTU, and passes it to the ARP of the next hop.
    mutating func sendDatagram(
        _ protocol: IPProtocol, _ payload: [UInt8], from source: IPv4Address, to destination: IPv4Address,
        typeOfService: UInt8 = 0, options: IPv4Options = IPv4Options(), at now: Instant
    ) {
        guard isUp, let hop = routes.hop(to: .v4(destination)),
            payload.count + options.paddedByteCount + IPv4View.minimumHeaderLength <= Int(UInt16.max)
        else {
            counters.unreachable &+= 1
            return
        }
        identification &+= 1
        let header = IPv4Header(
            source: source, destination: destination, protocol: `protocol`, payloadLength: payload.count,
            typeOfService: typeOfService, identification: UInt16(truncatingIfNeeded: identification),
            options: options)
        send(header.encoded() + payload, by: hop, mtu: mtu(to: .v4(destination), by: hop, at: now), at: now)
    }

    /// Returns the MTU of the path to `destination`, in bytes.
    private func mtu(to destination: IPAddress, by hop: RoutingTable.Hop, at now: Instant) -> Int {
        min(links[hop.interface].configuration.mtu, pathMTUs.mtu(to: destination, at: now) ?? Int.max)
    }

    /// - Returns: false if the datagram is too long and must not be fragmented.
    @discardableResult
    mutating func send(_ datagram: [UInt8], by hop: RoutingTable.Hop, mtu: Int, at now: Instant) -> Bool {
        let pieces: [[UInt8]]
        if datagram.count <= mtu {
            pieces = [datagram]
        } else {
            guard let cut = try? Fragmentation.fragments(of: datagram, mtu: mtu) else { return false }
            counters.fragmented &+= 1
            pieces = cut
        }
        output(pieces, by: hop, at: now)
        return true
    }

    private mutating func output(_ pieces: [[UInt8]], by hop: RoutingTable.Hop, at now: Instant) {
        routes.count(hop)
        for piece in pieces { links[hop.interface].output(piece, to: hop.address, at: now) }
        settleNeighbors(hop.interface, at: now)
    }

    /// Does the same for IPv6.
    /// - Parameter link: the link of a destination that is link-local or multicast.
    mutating func sendPacket(
        _ protocol: IPProtocol, _ payload: [UInt8], from source: IPv6Address, to destination: IPv6Address,
        trafficClass: UInt8 = 0, on link: Int? = nil, at now: Instant
    ) {
        guard isUp, let hop = hop(to: .v6(destination), on: link), payload.count <= Int(UInt16.max) else {
            counters.unreachable &+= 1
            return
        }
        let mtu = mtu(to: .v6(destination), by: hop, at: now)
        let header = IPv6Header(
            source: source, destination: destination, nextHeader: `protocol`, payloadLength: payload.count,
            hopLimit: 64, trafficClass: trafficClass)
        guard header.byteCount + payload.count > mtu else {
            return output([header.encoded() + payload], by: hop, at: now)
        }
        identification &+= 1
        guard let cut = Fragmentation.fragments(of: header, payload, mtu: mtu, identification: identification) else {
            return
        }
        counters.fragmented &+= 1
        output(cut, by: hop, at: now)
    }

    // MARK: Errors

    /// Sends an ICMP error about a received datagram, if one is allowed.
    mutating func sendError(
        _ make: (ICMPErrorBody) -> ICMPv4Message.Body, word: UInt32 = 0, about datagram: RawSpan, isForOne: Bool,
        at now: Instant
    ) {
        guard let view = try? IPv4View(datagram), !isOwn(.v4(view.source)),
            let message = icmp.error(make, word: word, about: datagram, isForOne: isForOne, at: now),
            let own = isOwn(.v4(view.destination)) ? view.destination : source(to: .v4(view.source))?.v4
        else { return }
        counters.errorsSent &+= 1
        sendDatagram(.icmp, message.encoded(), from: own, to: view.source, typeOfService: 0xC0, at: now)
    }

    /// Does the same for IPv6.
    mutating func sendError6(
        _ make: (ICMPErrorBody) -> ICMPv6Message.Body, word: UInt32 = 0, about packet: RawSpan, isForOne: Bool,
        on link: Int? = nil, at now: Instant
    ) {
        guard let view = try? IPv6View(packet), !isOwn(.v6(view.source)),
            let own = isOwn(.v6(view.destination))
                ? view.destination : source(to: .v6(view.source), on: link)?.v6,
            let message = icmp.error6(make, word: word, about: packet, isForOne: isForOne, from: own, at: now)
        else { return }
        counters.errorsSent &+= 1
        sendPacket(.icmpv6, message.encoded(), from: own, to: view.source, on: link, at: now)
    }

    /// The kinds of destination unreachable, for both IP versions.
    enum Unreachable {
        case network, host, port
    }

    mutating func sendUnreachable(
        _ what: Unreachable, about packet: RawSpan, _ family: IPAddress.Family, on link: Int? = nil, at now: Instant
    ) {
        switch family {
        case .v4:
            let code: ICMPv4UnreachableCode =
                switch what {
                case .network: .network
                case .host: .host
                case .port: .port
                }
            sendError({ .destinationUnreachable(code, $0) }, about: packet, isForOne: true, at: now)
        case .v6:
            let code: ICMPv6UnreachableCode =
                switch what {
                case .network: .noRoute
                case .host: .address
                case .port: .port
                }
            sendError6({ .destinationUnreachable(code, $0) }, about: packet, isForOne: true, on: link, at: now)
        }
    }

    // MARK: Segments without a connection

    mutating func send(_ stray: TCPModule.Stray, at now: Instant) {
        let (source, destination) = (stray.pair.local.address, stray.pair.remote.address)
        var segment = TCPSegment(
            sourcePort: stray.pair.local.port, destinationPort: stray.pair.remote.port,
            sequenceNumber: stray.sequence.rawValue, acknowledgmentNumber: stray.acknowledgment.rawValue,
            flags: stray.flags, window: stray.window,
            options: TCPOptions(stray.maximumSegmentSize.map { [.maximumSegmentSize($0)] } ?? []))
        segment.updateChecksum(source: source, destination: destination)
        send(.tcp, segment.encoded(), from: source, to: destination, at: now)
    }
}
