import PacketEngine
import WireFormat

// The forwarding module (RFC 1812, section 5).

extension UserSpaceHost {
    /// Forwards an IPv4 datagram that is addressed to another host.
    mutating func forward(_ datagram: RawSpan, on link: Int, at now: Instant) {
        guard let view = try? IPv4View(datagram) else { return }
        // Link-local packets are not forwarded.
        guard !view.source.isUnspecified, !view.destination.isLinkLocal, !view.source.isLinkLocal else { return }
        if case .unreadable(let offset)? = IPv4OptionProblem(view.options) {
            return sendParameterProblem(at: IPv4View.minimumHeaderLength + offset, about: datagram, at: now)
        }
        guard view.timeToLive > 1 else {
            return sendError({ .timeExceeded(code: 0, $0) }, about: datagram, isForOne: true, at: now)
        }
        guard let hop = routes.hop(to: .v4(view.destination)), links[hop.interface].isConnected else {
            counters.unreachable &+= 1
            return sendUnreachable(.network, about: datagram, .v4, at: now)
        }
        let mtu = links[hop.interface].configuration.mtu
        if datagram.byteCount > mtu, view.dontFragment {
            return sendError(
                { .destinationUnreachable(.fragmentationNeeded, $0) }, word: UInt32(UInt16(clamping: mtu)),
                about: datagram, isForOne: true, at: now)
        }
        if hop.interface == link { redirect(view, about: datagram, to: hop, at: now) }
        let before = view.bytes.bigEndian16(at: 8)
        let checksum = InternetChecksum.updated(view.headerChecksum, replacing: before, with: before - 0x100)
        guard datagram.byteCount <= mtu, view.headerLength == IPv4View.minimumHeaderLength,
            let mac = links[hop.interface].mac(of: hop.address)
        else {
            var copy = datagram.copied()
            Self.age(&copy, at: 0, checksum)
            record(in: &copy, view.headerLength, by: hop, at: now)
            if send(copy, by: hop, mtu: mtu, at: now) { counters.forwarded &+= 1 }
            return
        }
        var frame = links[hop.interface].frame(datagram, .ipv4, to: mac)
        Self.age(&frame, at: EthernetView.headerLength, checksum)
        routes.count(hop)
        enqueue(frame, on: hop.interface)
        counters.forwarded &+= 1
    }

    /// Records the outgoing interface's address in the options of a datagram (RFC 1812, section 5.3.13).
    private func record(in datagram: inout [UInt8], _ headerLength: Int, by hop: RoutingTable.Hop, at now: Instant) {
        guard headerLength > IPv4View.minimumHeaderLength, let own = links[hop.interface].source(to: hop.address)?.v4
        else { return }
        var options = Array(datagram[IPv4View.minimumHeaderLength..<headerLength])
        recorder(own, at: now).record(in: &options)
        datagram.withMutableBytes { bytes in
            bytes.copy(options, at: IPv4View.minimumHeaderLength)
            bytes.setBigEndian16(0, at: 10)
            bytes.setBigEndian16(InternetChecksum.of(bytes.bytes.prefix(headerLength)), at: 10)
        }
    }

    /// Forwards an IPv6 packet. Routers do not fragment IPv6 (RFC 8200, section 4.5).
    mutating func forward(packet: RawSpan, on link: Int, at now: Instant) {
        guard let view = try? IPv6View(packet), !view.source.isUnspecified, !view.destination.isLinkLocal else {
            return
        }
        guard view.hopLimit > 1 else {
            return sendError6({ .timeExceeded(code: 0, $0) }, about: packet, isForOne: true, on: link, at: now)
        }
        guard !view.source.isLinkLocal else {
            // The source has a smaller scope than the outgoing link (RFC 4007, section 9).
            return sendError6(
                { .destinationUnreachable(.beyondScope, $0) }, about: packet, isForOne: true, on: link, at: now)
        }
        guard let hop = routes.hop(to: .v6(view.destination)), links[hop.interface].isConnected else {
            counters.unreachable &+= 1
            return sendUnreachable(.network, about: packet, .v6, on: link, at: now)
        }
        let mtu = links[hop.interface].configuration.mtu
        guard packet.byteCount <= mtu else {
            return sendError6(
                { .packetTooBig(code: 0, $0) }, word: UInt32(clamping: mtu), about: packet, isForOne: true, on: link,
                at: now)
        }
        if hop.interface == link { redirect(view, about: packet, to: hop, at: now) }
        counters.forwarded &+= 1
        let (known, wantsUse) = links[hop.interface].neighbor(to: hop.address)
        guard let mac = known, !wantsUse else {
            var copy = packet.copied()
            copy[7] &-= 1
            send(copy, by: hop, mtu: mtu, at: now)
            return
        }
        var frame = links[hop.interface].frame(packet, .ipv6, to: mac)
        frame[EthernetView.headerLength + 7] &-= 1
        routes.count(hop)
        enqueue(frame, on: hop.interface)
    }

    /// Decrements the time to live and updates the checksum (RFC 791, section 3.2).
    private static func age(_ bytes: inout [UInt8], at header: Int, _ checksum: UInt16) {
        bytes[header + 8] &-= 1
        bytes[header + 10] = UInt8(checksum >> 8)
        bytes[header + 11] = UInt8(checksum & 0xFF)
    }
}
