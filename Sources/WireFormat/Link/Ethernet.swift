/// A view of an Ethernet header and its frame: Ethernet II, or 802.3 with a
/// length instead of the type (RFC 894; IEEE 802.3, clause 3).
public struct EthernetView: ~Escapable {
    public let bytes: RawSpan

    /// The length of the header, in bytes: destination, source, type.
    public static let headerLength = 14

    /// Throws if there are fewer than 14 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.ethernet, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The destination address.
    @inlinable public var destination: MACAddress { bytes.macAddress(at: 0) }
    /// The source address.
    @inlinable public var source: MACAddress { bytes.macAddress(at: 6) }
    /// The type field; below 0x0600 it is an 802.3 length.
    @inlinable public var etherType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 12)) }

    /// The bytes after the header, without padding if there is an 802.3 length.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let rest = bytes.dropping(Self.headerLength)
            return etherType.isLength ? rest.prefix(Int(etherType.rawValue)) : rest
        }
    }
}

/// An Ethernet header, II or 802.3 (RFC 894; IEEE 802.3, clause 3).
public struct EthernetHeader: Hashable, Sendable, WireEncodable {
    /// The destination address.
    public var destination: MACAddress
    /// The source address.
    public var source: MACAddress
    /// The type of the payload; below 0x0600 the length of the data.
    public var etherType: EtherType

    /// Creates a header.
    public init(destination: MACAddress, source: MACAddress, etherType: EtherType) {
        self.destination = destination
        self.source = source
        self.etherType = etherType
    }

    /// The minimum frame length without frame check sequence (IEEE 802.3, clause 4.4.2): shorter data is padded to 46
    /// bytes.
    public static let minimumFrameLength = 60
    /// The maximum data length of a standard frame, in bytes.
    public static let maximumPayloadLength = 1500

    /// Returns the frame, padded with zeros to the minimum length.
    public static func padded(_ frame: [UInt8]) -> [UInt8] {
        frame + [UInt8](repeating: 0, count: max(0, minimumFrameLength - frame.count))
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
