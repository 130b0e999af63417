/// A datagram as an ICMP error quotes it: cut short, and altered on its way.
///
/// Routers change the time to live, the type of service, the checksum and,
/// old ones, the total length; only the header and eight bytes behind it are
/// promised (RFC 792). So nothing is checked here but what is needed to find
/// the fields, and what is not there is nil.
public struct QuotedPacketView: ~Escapable {
    /// From the IP header on, to the end of what was quoted.
    public let bytes: RawSpan
    /// The datagram's version.
    public let family: IPAddress.Family
    /// Where the transport header, or the data of a later fragment, begins.
    public let transportOffset: Int
    /// What the datagram carries: the last header named, in IPv6.
    public let transportProtocol: IPProtocol
    /// The datagram was a fragment after the first: there is no transport header.
    public let isLaterFragment: Bool

    /// Nil when not even the fixed IP header is there.
    @_lifetime(copy bytes)
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= IPv4View.minimumHeaderLength else { return nil }
        self.bytes = bytes
        switch bytes.byte(at: 0) >> 4 {
        case 4:
            family = .v4
            // Options may be cut; a length below 20 is no header.
            let headerLength = Int(bytes.byte(at: 0) & 0xF) * 4
            guard headerLength >= IPv4View.minimumHeaderLength else { return nil }
            transportOffset = min(headerLength, bytes.byteCount)
            transportProtocol = IPProtocol(rawValue: bytes.byte(at: 9))
            isLaterFragment = bytes.bigEndian16(at: 6) & 0x1FFF != 0
        case 6:
            guard bytes.byteCount >= IPv6View.headerLength else { return nil }
            family = .v6
            var reader = IPv6ChainReader(
                first: IPProtocol(rawValue: bytes.byte(at: 6)), payload: bytes.dropping(IPv6View.headerLength))
            while reader.next() != nil {}
            transportOffset = reader.isTruncated ? bytes.byteCount : IPv6View.headerLength + reader.offset
            transportProtocol = reader.nextHeader
            isLaterFragment = reader.isLaterFragment
        default: return nil
        }
    }

    /// Where the datagram came from.
    public var source: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 12)) : .v6(bytes.ipv6Address(at: 8))
    }

    /// Where the datagram was going when it was quoted.
    public var destination: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 16)) : .v6(bytes.ipv6Address(at: 24))
    }

    /// Hops that were left, as the router wrote it: 1 or 0 of an honest one.
    public var hopLimit: UInt8 { bytes.byte(at: family == .v4 ? 8 : 7) }

    /// Differentiated services field and ECN, as the router left it.
    public var typeOfService: UInt8 {
        family == .v4 ? bytes.byte(at: 1) : UInt8(truncatingIfNeeded: bytes.bigEndian16(at: 0) >> 4)
    }

    /// IPv4 alone.
    public var identification: UInt16? { family == .v4 ? bytes.bigEndian16(at: 4) : nil }

    /// IPv6 alone: 20 bits.
    public var flowLabel: UInt32? { family == .v6 ? bytes.bigEndian32(at: 0) & 0xF_FFFF : nil }

    /// Bytes of the whole datagram, as its header says; old routers say something else.
    public var datagramLength: Int {
        family == .v4 ? Int(bytes.bigEndian16(at: 2)) : IPv6View.headerLength + Int(bytes.bigEndian16(at: 4))
    }

    /// What was quoted of the transport header and its data: perhaps nothing.
    public var transport: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(isLaterFragment ? bytes.byteCount : transportOffset) }
    }

    private var hasPorts: Bool {
        (transportProtocol == .tcp || transportProtocol == .udp) && transport.byteCount >= 4
    }

    /// TCP and UDP.
    public var sourcePort: UInt16? { hasPorts ? transport.bigEndian16(at: 0) : nil }
    /// TCP and UDP.
    public var destinationPort: UInt16? { hasPorts ? transport.bigEndian16(at: 2) : nil }

    /// TCP: the first four bytes after the ports.
    public var sequenceNumber: UInt32? {
        transportProtocol == .tcp && transport.byteCount >= 8 ? transport.bigEndian32(at: 4) : nil
    }

    /// UDP: the length and the checksum of the datagram, which nothing on the way changes.
    public var udpLengthAndChecksum: (length: UInt16, checksum: UInt16)? {
        transportProtocol == .udp && transport.byteCount >= 8
            ? (transport.bigEndian16(at: 4), transport.bigEndian16(at: 6)) : nil
    }

    /// The first eight bytes of a quoted ICMP message of the datagram's own
    /// family: type, code, checksum, identifier and sequence number.
    public var icmp: (type: UInt8, code: UInt8, checksum: UInt16, identifier: UInt16, sequenceNumber: UInt16)? {
        guard transportProtocol == (family == .v4 ? .icmp : .icmpv6), transport.byteCount >= 8 else { return nil }
        return (
            transport.byte(at: 0), transport.byte(at: 1), transport.bigEndian16(at: 2), transport.bigEndian16(at: 4),
            transport.bigEndian16(at: 6)
        )
    }
}
