/// A view of an IPv6 header and its packet (RFC 8200, section 3).
public struct IPv6View: ~Escapable {
    public let bytes: RawSpan

    /// The length of the fixed header, in bytes.
    public static let headerLength = 40
    /// The values of a flow label, 20 bits.
    public static let flowLabels: ClosedRange<UInt32> = 0...0xF_FFFF

    /// Throws if there are fewer than 40 bytes or the version is not 6.
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
    /// The flow label, 20 bits.
    @inlinable public var flowLabel: UInt32 { bytes.bigEndian32(at: 0) & 0xF_FFFF }
    /// The length of the payload with extension headers as stated in the header, in bytes.
    @inlinable public var payloadLength: UInt16 { bytes.bigEndian16(at: 4) }
    @inlinable public var nextHeader: IPProtocol { IPProtocol(rawValue: bytes.byte(at: 6)) }
    /// The hop limit.
    @inlinable public var hopLimit: UInt8 { bytes.byte(at: 7) }
    /// The source address.
    @inlinable public var source: IPv6Address { bytes.ipv6Address(at: 8) }
    /// The destination address, or the next address of a source route.
    @inlinable public var destination: IPv6Address { bytes.ipv6Address(at: 24) }

    /// The length of the payload: as stated, or all bytes if it is 0
    /// and a next header follows, as in jumbograms and in captures
    /// of packets before segmentation by the network card (RFC 2675; TSO).
    @inlinable public var dataLength: Int {
        payloadLength == 0 && nextHeader != .noNextHeader
            ? bytes.byteCount &- Self.headerLength : Int(payloadLength)
    }

    /// The available payload with extension headers.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let end = Swift.min(Self.headerLength &+ dataLength, bytes.byteCount)
            return bytes.extracting(Self.headerLength..<end)
        }
    }

    /// Whether fewer bytes are available than the payload length states.
    @inlinable public var isTruncated: Bool { Self.headerLength &+ Int(payloadLength) > bytes.byteCount }
}

/// An IPv6 fixed header (RFC 8200, section 3).
public struct IPv6Header: Hashable, Sendable, WireEncodable {
    /// Differentiated services field and ECN.
    public var trafficClass: UInt8
    /// The flow label, 20 bits; higher bits are ignored.
    public var flowLabel: UInt32
    /// The length of the payload with extension headers, in bytes.
    public var payloadLength: UInt16
    /// The type of the header after the fixed header.
    public var nextHeader: IPProtocol
    /// The hop limit.
    public var hopLimit: UInt8
    /// The source address.
    public var source: IPv6Address
    /// The destination address, or the next address of a source route.
    public var destination: IPv6Address

    /// Creates a header for `payloadLength` bytes, truncated to 16 bits: the caller has to check the payload's length.
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
