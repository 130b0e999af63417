import PacketEngine
import WireFormat

/// Builds ICMP errors where the RFCs allow them (RFC 1122, section 3.2.2; RFC 1812, section 4.3).
struct ICMPErrorModule: Sendable {
    private var allowance = AllowancePerSecond(200)

    /// An error quotes as much of the datagram as fits in 576 bytes (RFC 1812, section 4.3.2.3).
    private static let longest = 576

    /// Returns the error message, or nil if none may be sent: for an ICMP error, a multicast or broadcast datagram, a
    /// fragment other than the first, or because of the rate limit.
    /// - Parameters:
    ///   - datagram: the datagram that caused the error, with its header.
    ///   - isForOne: whether the frame was addressed to this host alone.
    mutating func error(
        _ make: (ICMPErrorBody) -> ICMPv4Message.Body, word: UInt32 = 0, about datagram: RawSpan, isForOne: Bool,
        at now: Instant
    ) -> ICMPv4Message? {
        guard isForOne, let view = try? IPv4View(datagram), view.fragmentOffset == 0, Self.isAHost(view.source),
            !view.destination.isMulticast, !view.destination.isLimitedBroadcast, !Self.isError(view),
            allowance.take(at: now)
        else { return nil }
        let room = Self.longest - IPv4View.minimumHeaderLength - ICMPv4View.headerLength
        let quote = datagram.prefix(min(view.datagramLength, room)).copied()
        return ICMPv4Message(make(ICMPErrorBody(restOfHeader: word, data: quote)))
    }

    /// Returns the ICMPv6 error (RFC 4443, section 2.4). It quotes as much of the packet as fits in 1,280 bytes.
    mutating func error6(
        _ make: (ICMPErrorBody) -> ICMPv6Message.Body, word: UInt32 = 0, about packet: RawSpan, isForOne: Bool,
        from own: IPv6Address, at now: Instant
    ) -> ICMPv6Message? {
        guard isForOne, let view = try? IPv6View(packet), !view.source.isUnspecified, !view.source.isMulticast,
            !Self.isError(view), allowance.take(at: now)
        else { return nil }
        let room = Self.longest6 - IPv6View.headerLength - ICMPv6View.headerLength
        return ICMPv6Message(
            make(ICMPErrorBody(restOfHeader: word, data: packet.prefix(room).copied())), source: own,
            destination: view.source)
    }

    private static let longest6 = 1_280

    /// Whether the packet is an ICMPv6 error or redirect, or cannot be parsed.
    private static func isError(_ view: borrowing IPv6View) -> Bool {
        let payload = view.bytes.dropping(IPv6View.headerLength)
        var chain = IPv6ChainReader(first: view.nextHeader, payload: payload)
        while chain.next() != nil {}
        if chain.isLaterFragment { return chain.nextHeader == .icmpv6 }
        guard chain.nextHeader == .icmpv6 else { return false }
        guard let message = try? ICMPv6View(payload.dropping(chain.offset)) else { return true }
        return message.type.isError || message.type == .redirect
    }

    private static func isAHost(_ address: IPv4Address) -> Bool {
        !address.isUnspecified && !address.isMulticast && !address.isLoopback && !address.isReserved
    }

    private static func isError(_ view: borrowing IPv4View) -> Bool {
        guard view.protocol == .icmp else { return false }
        guard let message = try? ICMPv4View(view.payload) else { return true }
        return message.type.isError
    }
}
