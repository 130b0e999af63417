/// An Ethernet II header over its frame's bytes (RFC 894; IEEE 802.3).
public struct EthernetView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the header: destination, source, type.
    public static let headerLength = 14

    /// Throws when fewer than 14 bytes are there.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw ParseError(
                layer: .ethernet, field: "header", offset: 0,
                reason: .truncated(needed: Self.headerLength, available: bytes.byteCount))
        }
        self.bytes = bytes
    }

    @inlinable public var destination: MACAddress { bytes.macAddress(at: 0) }
    @inlinable public var source: MACAddress { bytes.macAddress(at: 6) }
    /// The type field as it stands; below 0x0600 it is an 802.3 length.
    @inlinable public var etherType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 12)) }

    /// What follows the header, padding included.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }
}

/// An Ethernet II header (RFC 894; IEEE 802.3).
public struct EthernetHeader: Hashable, Sendable, WireEncodable {
    public var destination: MACAddress
    public var source: MACAddress
    public var etherType: EtherType

    public init(destination: MACAddress, source: MACAddress, etherType: EtherType) {
        self.destination = destination
        self.source = source
        self.etherType = etherType
    }

    public init(_ view: borrowing EthernetView) {
        self.init(destination: view.destination, source: view.source, etherType: view.etherType)
    }

    public var byteCount: Int { EthernetView.headerLength }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setMACAddress(destination, at: offset)
        bytes.setMACAddress(source, at: offset + 6)
        bytes.setBigEndian16(etherType.rawValue, at: offset + 12)
    }
}
