import PacketEngine
import WireFormat

// The forwarding module (RFC 1812, section 5).

extension UserSpaceHost {
    /// Forwards an IPv4 datagram that is addressed to another host.
    mutating func forward(_ datagram: RawSpan, on link: Int, at now: Instant) {
        guard let view = try? IPv4View(datagram) else { return }
        // Link-local packets are not forwarded.
        guard !view.source.isUnspecified, !view.destination.isLinkLocal, !view.source.isLinkLocal else { return }
        guard view.timeToLive > 1 else {
            return sendError({ .timeExceeded(code: 0, $0) }, about: datagram, isForOne: true, at: now)
        }
        guard let hop = routes.hop(to: .v4(view.destination)) else {
            counters.unreachable &+= 1
            return sendUnreachable(.network, about: datagram, .v4, at: now)
        }
        let mtu = links[hop.interface].configuration.mtu
        if datagram.byteCount > mtu, view.dontFragment {
            return sendError(
                { .destinationUnreachable(.fragmentationNeeded, $0) }, word: UInt32(UInt16(clamping: mtu)),
                about: datagram, isForOne: true, at: now)
        }
        let before = view.bytes.bigEndian16(at: 8)
        let checksum = InternetChecksum.updated(view.headerChecksum, replacing: before, with: before - 0x100)
        guard datagram.byteCount <= mtu, let mac = links[hop.interface].mac(of: hop.address) else {
            var copy = datagram.copied()
            Self.age(&copy, at: 0, checksum)
            if send(copy, by: hop, mtu: mtu, at: now) { counters.forwarded &+= 1 }
            return
        }
        var frame = links[hop.interface].frame(datagram, .ipv4, to: mac)
        Self.age(&frame, at: EthernetView.headerLength, checksum)
        routes.count(hop)
        enqueue(frame, on: hop.interface)
        counters.forwarded &+= 1
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
        guard let hop = routes.hop(to: .v6(view.destination)) else {
            counters.unreachable &+= 1
            return sendUnreachable(.network, about: packet, .v6, on: link, at: now)
        }
        let mtu = links[hop.interface].configuration.mtu
        guard packet.byteCount <= mtu else {
            return sendError6(
                { .packetTooBig(code: 0, $0) }, word: UInt32(clamping: mtu), about: packet, isForOne: true, on: link,
                at: now)
        }
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
