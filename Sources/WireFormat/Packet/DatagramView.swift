/// An IPv4 or IPv6 datagram with its headers walked: its addresses, its upper-layer protocol and its payload.
///
/// Extension headers of IPv6 are walked in place. Link-layer padding is no payload, and a fragment after the first
/// has none, so that its data are never read as the header of a segment or a message.
public struct DatagramView: ~Escapable {
    /// The datagram from its IP header on, as far as it is there.
    public let bytes: RawSpan
    /// The datagram's version.
    public let family: IPAddress.Family
    /// The upper-layer protocol; in a fragment after the first, what its fragment header names.
    public let `protocol`: IPProtocol
    /// Bytes of the IP header with its options or extension headers, as far as they are there.
    public let headerLength: Int
    /// Whether the datagram is one of several fragments; an atomic one is not (RFC 6946).
    public let isFragment: Bool
    /// Whether the datagram is a fragment after the first: its upper-layer header is in another one.
    public let isLaterFragment: Bool

    /// Reads a datagram that was received or captured. A length field of 0 stands for all the bytes, as it does in
    /// captures of packets that the network card was to segment; compare `isComplete`.
    ///
    /// Throws when a header is truncated, the version is neither 4 nor 6, or the total length is below the header's.
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

    /// Reads a datagram as an ICMP error quotes it: cut short, and altered on its way. Routers change the time to
    /// live, the type of service, the checksum and, old ones, the total length; only the header and eight bytes
    /// behind it are promised (RFC 792). So the bytes are not cut to the length that the header states, and
    /// options and extension headers may be truncated.
    ///
    /// Returns nil when the fixed IP header is not there.
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

    /// The address that the datagram comes from.
    @inlinable public var source: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 12)) : .v6(bytes.ipv6Address(at: 8))
    }

    /// The address that the datagram goes to, or goes to next on a source route.
    @inlinable public var destination: IPAddress {
        family == .v4 ? .v4(bytes.ipv4Address(at: 16)) : .v6(bytes.ipv6Address(at: 24))
    }

    /// Time to live or hop limit; in a quote, as the router wrote it.
    @inlinable public var hopLimit: UInt8 { bytes.byte(at: family == .v4 ? 8 : 7) }

    /// Differentiated services field and ECN; in a quote, as the router left it.
    public var typeOfService: UInt8 {
        family == .v4 ? bytes.byte(at: 1) : UInt8(truncatingIfNeeded: bytes.bigEndian16(at: 0) >> 4)
    }

    /// The identification; nil for IPv6.
    public var identification: UInt16? { family == .v4 ? bytes.bigEndian16(at: 4) : nil }

    /// The flow label, 20 bits; nil for IPv4.
    public var flowLabel: UInt32? { family == .v6 ? bytes.bigEndian32(at: 0) & 0xF_FFFF : nil }

    /// Bytes of the whole datagram, as its header states; old routers alter it in quotes.
    @inlinable public var statedLength: Int {
        family == .v4 ? Int(bytes.bigEndian16(at: 2)) : IPv6View.headerLength &+ Int(bytes.bigEndian16(at: 4))
    }

    /// Whether the bytes are those that the header states: none is missing, and the length field is not 0.
    @inlinable public var isComplete: Bool { bytes.byteCount == statedLength }

    /// The options of an IPv4 header, padding included; empty for IPv6.
    public var ipv4Options: RawSpan {
        @_lifetime(copy self) get {
            bytes.prefix(family == .v4 ? headerLength : 0).dropping(IPv4View.minimumHeaderLength)
        }
    }

    /// Whether the checksum of the IPv4 header is incorrect; false for IPv6, which has none.
    @inlinable public var hasIncorrectHeaderChecksum: Bool {
        family == .v4 && InternetChecksum.of(bytes.prefix(headerLength)) != 0
    }

    /// What there is of the upper-layer header and its data; empty in a fragment after the first.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(isLaterFragment ? bytes.byteCount : headerLength) }
    }
}

/// The upper-layer fields that a quote of eight bytes has; each is nil where it is not there.
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

    /// The length and the checksum of UDP, which no router changes.
    public var udpLengthAndChecksum: (length: UInt16, checksum: UInt16)? {
        `protocol` == .udp && payload.byteCount >= 8
            ? (payload.bigEndian16(at: 4), payload.bigEndian16(at: 6)) : nil
    }

    /// The first eight bytes of an ICMP message of the datagram's own family:
    /// type, code, checksum, identifier and sequence number.
    public var icmp: (type: UInt8, code: UInt8, checksum: UInt16, identifier: UInt16, sequenceNumber: UInt16)? {
        guard `protocol` == (family == .v4 ? .icmp : .icmpv6), payload.byteCount >= 8 else { return nil }
        return (
            payload.byte(at: 0), payload.byte(at: 1), payload.bigEndian16(at: 2), payload.bigEndian16(at: 4),
            payload.bigEndian16(at: 6)
        )
    }
}
