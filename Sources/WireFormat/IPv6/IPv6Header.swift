/// An IPv6 header over a packet's bytes (RFC 8200, section 3).
public struct IPv6View: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the fixed header.
    public static let headerLength = 40

    /// Throws when fewer than 40 bytes are there or the version is not 6.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.ipv6, needed: Self.headerLength, available: bytes.byteCount)
        }
        let version = bytes.byte(at: 0) >> 4
        guard version == 6 else {
            throw ParseError(layer: .ipv6, field: "version", offset: 0, reason: .invalid(value: UInt64(version)))
        }
        self.bytes = bytes
    }

    /// Differentiated services field and ECN.
    @inlinable public var trafficClass: UInt8 { UInt8(truncatingIfNeeded: bytes.bigEndian16(at: 0) >> 4) }
    /// 20 bits.
    @inlinable public var flowLabel: UInt32 { bytes.bigEndian32(at: 0) & 0xF_FFFF }
    /// Bytes after the fixed header, extension headers included, as the header says.
    @inlinable public var payloadLength: UInt16 { bytes.bigEndian16(at: 4) }
    @inlinable public var nextHeader: IPProtocol { IPProtocol(rawValue: bytes.byte(at: 6)) }
    /// Routers that it may still pass.
    @inlinable public var hopLimit: UInt8 { bytes.byte(at: 7) }
    /// Where the datagram comes from.
    @inlinable public var source: IPv6Address { bytes.ipv6Address(at: 8) }
    /// Where the datagram goes, or goes next on a source route.
    @inlinable public var destination: IPv6Address { bytes.ipv6Address(at: 24) }

    /// Bytes after the fixed header: the payload length, or all where it is 0
    /// and something is said to follow, as it is in jumbograms and in captures
    /// of packets that the card was to cut (RFC 2675; segmentation offload).
    @inlinable public var dataLength: Int {
        payloadLength == 0 && nextHeader != .noNextHeader
            ? bytes.byteCount &- Self.headerLength : Int(payloadLength)
    }

    /// What is there after the fixed header, extension headers included.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Self.headerLength &+ dataLength, bytes.byteCount)
            return bytes.extracting(Self.headerLength..<end)
        }
    }

    /// True when fewer bytes are there than the payload length says.
    @inlinable public var isTruncated: Bool { Self.headerLength &+ Int(payloadLength) > bytes.byteCount }
}

/// An IPv6 fixed header (RFC 8200, section 3).
public struct IPv6Header: Hashable, Sendable, WireEncodable {
    /// Differentiated services field and ECN.
    public var trafficClass: UInt8
    /// 20 bits; higher ones are not written.
    public var flowLabel: UInt32
    /// Bytes after the fixed header, extension headers included.
    public var payloadLength: UInt16
    /// What follows the fixed header.
    public var nextHeader: IPProtocol
    /// Routers that it may still pass.
    public var hopLimit: UInt8
    /// Where the datagram comes from.
    public var source: IPv6Address
    /// Where the datagram goes, or goes next on a source route.
    public var destination: IPv6Address

    /// A header for `payloadLength` bytes, truncated to 16 bits: check the payload's size first.
    public init(
        source: IPv6Address, destination: IPv6Address, nextHeader: IPProtocol, payloadLength: Int,
        hopLimit: UInt8 = 64, trafficClass: UInt8 = 0, flowLabel: UInt32 = 0
    ) {
        self.trafficClass = trafficClass
        self.flowLabel = flowLabel
        self.payloadLength = UInt16(truncatingIfNeeded: payloadLength)
        self.nextHeader = nextHeader
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    public init(_ view: borrowing IPv6View) {
        trafficClass = view.trafficClass
        flowLabel = view.flowLabel
        payloadLength = view.payloadLength
        nextHeader = view.nextHeader
        hopLimit = view.hopLimit
        source = view.source
        destination = view.destination
    }

    public var byteCount: Int { IPv6View.headerLength }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setBigEndian32(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xF_FFFF, at: offset)
        bytes.setBigEndian16(payloadLength, at: offset + 4)
        bytes.setByte(nextHeader.rawValue, at: offset + 6)
        bytes.setByte(hopLimit, at: offset + 7)
        bytes.setIPv6Address(source, at: offset + 8)
        bytes.setIPv6Address(destination, at: offset + 24)
    }
}
