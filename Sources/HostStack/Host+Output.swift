import PacketEngine
import WireFormat

// What leaves: the header-adding module, fragmentation, and the output queue.

extension Host {
    /// Appends the frames that are to leave now.
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
                links[hop.interface].arp.resolve(hop.address, at: now)
                settleARP(hop.interface, at: now)
            }
            if !isMore { return !transmitQueue(into: &batch) }
        }
        return tcp.hasOutput
    }

    /// - Returns: whether all of the queue went.
    private mutating func transmitQueue(into batch: inout PacketBatch) -> Bool {
        while let frame = output.first {
            guard batch.room > 0 else { return false }
            output.removeFirst()
            if batch.append(frame: frame.bytes, token: 0, interface: frame.interface) { counters.sent &+= 1 }
        }
        return true
    }

    /// Writes the next segment of a connection into the batch, with all its headers.
    private mutating func transmitSegment(
        into batch: inout PacketBatch, asking unknown: inout [RoutingTable.Hop], at now: Instant
    ) -> Bool {
        var way: (hop: RoutingTable.Hop, mac: MACAddress)?
        let (routes, isUp) = (routes, isUp)
        // A connection is in `tcp`: what else is needed is taken out before it is borrowed.
        let links = links
        var sent = 0
        let isMore = tcp.output(at: now) { pair in
            way = nil
            guard isUp, let hop = Self.hop(of: pair, routes) else { return false }
            guard let mac = links[hop.interface].arp.mac(of: hop.address) else {
                unknown.append(hop)
                return false
            }
            way = (hop, mac)
            return true
        } _: { pair, connection, segment in
            guard let way, case .v4(let source) = pair.local.address, case .v4(let destination) = pair.remote.address
            else { return }
            let interface = links[way.hop.interface].configuration
            let length = segment.headerLength + segment.length
            let whole = EthernetView.headerLength + IPv4View.minimumHeaderLength + length
            batch.append(
                frameOf: max(whole, EthernetHeader.minimumFrameLength), token: 0, interface: interface.index
            ) { bytes, offset in
                bytes.setMACAddress(way.mac, at: offset)
                bytes.setMACAddress(interface.mac, at: offset + 6)
                bytes.setBigEndian16(EtherType.ipv4.rawValue, at: offset + 12)
                let ip = offset + EthernetView.headerLength
                Self.writeHeader(into: &bytes, at: ip, source, destination, payload: length)
                let start = ip + IPv4View.minimumHeaderLength
                bytes.setBigEndian16(pair.local.port, at: start)
                bytes.setBigEndian16(pair.remote.port, at: start + 2)
                connection.write(segment, into: &bytes, at: start, now)
                var sum = InternetChecksum()
                sum.addPseudoHeader(source: source, destination: destination, protocol: .tcp, length: length)
                sum.add(bytes.bytes.extracting(start..<start + length))
                bytes.setBigEndian16(sum.value, at: start + 16)
                var place = start + length
                while place < offset + EthernetHeader.minimumFrameLength {
                    bytes.setByte(0, at: place)
                    place += 1
                }
            }
            sent += 1
        }
        counters.sent &+= UInt64(sent)
        return isMore
    }

    /// The header of a segment: it is never cut, and needs no number of its own (RFC 6864, section 4.1).
    @_lifetime(bytes: copy bytes)
    private static func writeHeader(
        into bytes: inout MutableRawSpan, at offset: Int, _ source: IPv4Address, _ destination: IPv4Address,
        payload: Int
    ) {
        bytes.setBigEndian16(0x4500, at: offset)
        bytes.setBigEndian16(UInt16(truncatingIfNeeded: IPv4View.minimumHeaderLength + payload), at: offset + 2)
        bytes.setBigEndian32(0x0000_4000, at: offset + 4)
        bytes.setBigEndian32(0x4006_0000, at: offset + 8)
        bytes.setIPv4Address(source, at: offset + 12)
        bytes.setIPv4Address(destination, at: offset + 16)
        let checksum = InternetChecksum.of(bytes.bytes.extracting(offset..<offset + IPv4View.minimumHeaderLength))
        bytes.setBigEndian16(checksum, at: offset + 10)
    }

    mutating func enqueue(_ frame: [UInt8], on link: Int) {
        guard output.count < Self.outputLimit else {
            counters.dropped &+= 1
            return
        }
        output.append(QueuedFrame(interface: links[link].configuration.index, bytes: frame))
    }

    // MARK: Datagrams of its own

    /// Sends a UDP datagram (the output module).
    public mutating func sendDatagram(
        from port: UInt16, to remote: TCPEndpoint, _ data: [UInt8], source: IPAddress? = nil, at now: Instant
    ) {
        guard case .v4(let destination) = remote.address else { return }
        var own = self.source(to: destination)
        if case .v4(let address)? = source { own = address }
        guard let own else { return }
        var datagram = UDPDatagram(sourcePort: port, destinationPort: remote.port, data: data)
        datagram.updateChecksum(source: .v4(own), destination: .v4(destination))
        sendDatagram(.udp, datagram.encoded(), from: own, to: destination, at: now)
    }

    /// Adds the header, cuts what is too long for the link or the way, and hands it to the next hop's ARP.
    mutating func sendDatagram(
        _ protocol: IPProtocol, _ payload: [UInt8], from source: IPv4Address, to destination: IPv4Address,
        typeOfService: UInt8 = 0, at now: Instant
    ) {
        guard isUp, let hop = routes.hop(to: destination),
            payload.count + IPv4View.minimumHeaderLength <= Int(UInt16.max)
        else {
            counters.unreachable &+= 1
            return
        }
        identification &+= 1
        let header = IPv4Header(
            source: source, destination: destination, protocol: `protocol`, payloadLength: payload.count,
            typeOfService: typeOfService, identification: identification)
        let datagram = header.encoded() + payload
        let mtu = min(links[hop.interface].configuration.mtu, pathMTUs.mtu(to: destination, at: now) ?? Int.max)
        send(datagram, by: hop, mtu: mtu, at: now)
    }

    /// - Returns: false when it may not be cut and is too long.
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
        routes.count(hop)
        for piece in pieces { links[hop.interface].arp.output(piece, to: hop.address, at: now) }
        settleARP(hop.interface, at: now)
        return true
    }

    /// An ICMP error about a datagram that came, where there may be one.
    mutating func sendError(
        _ make: (ICMPErrorBody) -> ICMPv4Message.Body, word: UInt32 = 0, about datagram: RawSpan, isForOne: Bool,
        at now: Instant
    ) {
        guard let view = try? IPv4View(datagram), !isOwn(view.source),
            let message = icmp.error(make, word: word, about: datagram, isForOne: isForOne, at: now),
            let own = isOwn(view.destination) ? view.destination : source(to: view.source)
        else { return }
        counters.errorsSent &+= 1
        sendDatagram(.icmp, message.encoded(), from: own, to: view.source, typeOfService: 0xC0, at: now)
    }

    private mutating func send(_ stray: TCPModule.Stray, at now: Instant) {
        guard case .v4(let source) = stray.pair.local.address, case .v4(let destination) = stray.pair.remote.address
        else { return }
        var segment = TCPSegment(
            sourcePort: stray.pair.local.port, destinationPort: stray.pair.remote.port,
            sequenceNumber: stray.sequence.rawValue, acknowledgmentNumber: stray.acknowledgment.rawValue,
            flags: stray.flags, window: stray.window,
            options: TCPOptions(stray.maximumSegmentSize.map { [.maximumSegmentSize($0)] } ?? []))
        segment.updateChecksum(source: .v4(source), destination: .v4(destination))
        sendDatagram(.tcp, segment.encoded(), from: source, to: destination, at: now)
    }
}
