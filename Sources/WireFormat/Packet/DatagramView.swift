/// A view of an IPv4 or IPv6 datagram: its addresses, its upper-layer protocol and its payload.
///
/// IPv6 extension headers are parsed in place. Link-layer padding is not payload, and a fragment other than the first
/// has no payload, so that its data is never parsed as a transport header.
public struct DatagramView: ~Escapable {
    /// The available bytes of the datagram, starting with its IP header.
    public let bytes: RawSpan
    /// The IP version.
    public let family: IPAddress.Family
    /// The upper-layer protocol; in a fragment other than the first, the one named in its fragment header.
    public let `protocol`: IPProtocol
    /// The available length of the IP header with its options or extension headers, in bytes.
    public let headerLength: Int
    /// Whether the datagram is a fragment; an atomic fragment does not count (RFC 6946).
    public let isFragment: Bool
    /// Whether the datagram is a fragment other than the first, which has no upper-layer header.
    public let isLaterFragment: Bool

    /// Parses a datagram that was received or captured. A length field of 0 means all bytes, as in
    /// captures of packets before segmentation by the network card; compare `isComplete`.
    ///
    /// Throws if a header is truncated, the version is neither 4 nor 6, or the total length is less than the header's.
    @inlinable @inline(__always)
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        if bytes.byteCount > 0, bytes.byte(at: 0) >> 4 == 6 {
            let view = try IPv6View(bytes)
            self.init(ipv6: bytes.prefix(IPv6View.headerLength &+ view.dataLength))
            if `protocol`.isExtensionHeader, !isLaterFragment { throw Self.truncatedChain(self.bytes) }
            return
        }
        let view = try IPv4View(bytes)
        guard view.datagramLength >= view.headerLength else {
            throw ParseError(
                layer: .ipv4, field: "totalLength", offset: 2, reason: .invalid(value: UInt64(view.totalLength)))
        }
        self.init(ipv4: bytes.prefix(view.datagramLength), headerLength: view.headerLength)
    }

    /// Parses a datagram quoted in an ICMP error, which may be truncated and modified. Routers change the time to
    /// live, the type of service, the checksum and, old ones, the total length; only the header and the next 8 bytes
    /// are guaranteed (RFC 792). The stated length is therefore not applied, and
    /// options and extension headers may be truncated.
    ///
    /// Returns nil if the fixed IP header is truncated.
    @_lifetime(copy bytes)
    public init?(quoted bytes: RawSpan) {
        guard bytes.byteCount >= IPv4View.minimumHeaderLength else { return nil }
        switch bytes.byte(at: 0) >> 4 {
        case 4:
            let headerLength = Int(bytes.byte(at: 0) & 0xF) * 4
            guard headerLength >= IPv4View.minimumHeaderLength else { return nil }
            self.init(ipv4: bytes, headerLength: min(headerLength, bytes.byteCount))
        case 6:
            guard bytes.byteCount >= IPv6View.headerLength else { return nil }
            self.init(ipv6: bytes)
        default: return nil
        }
    }

    @inlinable
    @_lifetime(copy bytes)
    init(ipv4 bytes: RawSpan, headerLength: Int) {
        self.bytes = bytes
        self.headerLength = headerLength
        family = .v4
        `protocol` = IPProtocol(rawValue: bytes.byte(at: 9))
        let fragment = bytes.bigEndian16(at: 6)
        isFragment = fragment & 0x3FFF != 0
        isLaterFragment = fragment & 0x1FFF != 0
    }

    @inlinable
    @_lifetime(copy bytes)
    init(ipv6 bytes: RawSpan) {
        self.bytes = bytes
        family = .v6
        let first = IPProtocol(rawValue: bytes.byte(at: 6))
        guard first.isExtensionHeader else {
            `protocol` = first
            headerLength = IPv6View.headerLength
            isFragment = false
            isLaterFragment = false
            return
        }
        let reader = Self.walkedChain(bytes)
        `protocol` = reader.nextHeader
        headerLength = reader.isTruncated ? bytes.byteCount : IPv6View.headerLength &+ reader.offset
        isFragment = reader.isFragment
        isLaterFragment = reader.isLaterFragment
    }

    @usableFromInline
    @_lifetime(copy bytes)
    static func walkedChain(_ bytes: RawSpan) -> IPv6ChainReader {
        var reader = IPv6ChainReader(
            first: IPProtocol(rawValue: bytes.byte(at: 6)), payload: bytes.dropping(IPv6View.headerLength))
        while reader.next() != nil {}
        return reader
    }

    @usableFromInline
    static func truncatedChain(_ bytes: RawSpan) -> ParseError {
        let reader = walkedChain(bytes)
        return ParseError(
            layer: .ipv6, field: "extensionHeader", offset: IPv6View.headerLength + reader.offset,
            reason: .truncated(needed: reader.neededLength, available: reader.bytes.byteCount - reader.offset))
    }

    /// The source address.
    @inlinable public var source: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 12)) : .v6(bytes.ipv6Address(at: 8))
    }

    /// The destination address, or the next address of a source route.
    @inlinable public var destination: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 16)) : .v6(bytes.ipv6Address(at: 24))
    }

    /// The time to live or hop limit; in a quote, the value at the router.
    @inlinable public var hopLimit: UInt8 { bytes.byte(at: family == .v4 ? 8 : 7) }

    /// The differentiated services field and ECN; in a quote, the value at the router.
    public var typeOfService: UInt8 {
        family == .v4 ? bytes.byte(at: 1) : UInt8(truncatingIfNeeded: bytes.bigEndian16(at: 0) >> 4)
    }

    /// The identification; nil for IPv6.
    public var identification: UInt16? { family == .v4 ? bytes.bigEndian16(at: 4) : nil }

    /// The flow label, 20 bits; nil for IPv4.
    public var flowLabel: UInt32? { family == .v6 ? bytes.bigEndian32(at: 0) & 0xF_FFFF : nil }

    /// The length of the whole datagram as stated in its header, in bytes; old routers modify it in quotes.
    @inlinable public var statedLength: Int {
        family == .v4 ? Int(bytes.bigEndian16(at: 2)) : IPv6View.headerLength &+ Int(bytes.bigEndian16(at: 4))
    }

    /// Whether exactly the stated bytes are available, and the length field is not 0.
    @inlinable public var isComplete: Bool { bytes.byteCount == statedLength }

    /// The options of an IPv4 header with padding; empty for IPv6.
    public var ipv4Options: RawSpan {
        @_lifetime(copy self) get {
            bytes.prefix(family == .v4 ? headerLength : 0).dropping(IPv4View.minimumHeaderLength)
        }
    }

    /// Whether the checksum of the IPv4 header is incorrect; false for IPv6, which has none.
    @inlinable public var hasIncorrectHeaderChecksum: Bool {
        family == .v4 && InternetChecksum.of(bytes.prefix(headerLength)) != 0
    }

    /// The available bytes of the upper-layer header and data; empty in a fragment other than the first.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(isLaterFragment ? bytes.byteCount : headerLength) }
    }
}

/// The upper-layer fields in the first 8 bytes; each is nil if it is not available.
extension DatagramView {
    private var hasPorts: Bool { (`protocol` == .tcp || `protocol` == .udp) && payload.byteCount >= 4 }

    /// The source port of TCP and UDP.
    public var sourcePort: UInt16? { hasPorts ? payload.bigEndian16(at: 0) : nil }
    /// The destination port of TCP and UDP.
    public var destinationPort: UInt16? { hasPorts ? payload.bigEndian16(at: 2) : nil }

    /// The sequence number of TCP.
    public var sequenceNumber: UInt32? {
        `protocol` == .tcp && payload.byteCount >= 8 ? payload.bigEndian32(at: 4) : nil
    }

    /// The length and checksum of UDP, which routers do not change.
    public var udpLengthAndChecksum: (length: UInt16, checksum: UInt16)? {
        `protocol` == .udp && payload.byteCount >= 8
            ? (payload.bigEndian16(at: 4), payload.bigEndian16(at: 6)) : nil
    }

    /// The first 8 bytes of an ICMP message of the datagram's own family:
    /// type, code, checksum, identifier and sequence number.
    public var icmp: (type: UInt8, code: UInt8, checksum: UInt16, identifier: UInt16, sequenceNumber: UInt16)? {
        guard `protocol` == (family == .v4 ? .icmp : .icmpv6), payload.byteCount >= 8 else { return nil }
        return (
            payload.byte(at: 0), payload.byte(at: 1), payload.bigEndian16(at: 2), payload.bigEndian16(at: 4),
            payload.bigEndian16(at: 6)
        )
    }
}
