/// An Ethernet header over its frame's bytes: Ethernet II, or 802.3 with a
/// length in the place of the type (RFC 894; IEEE 802.3, clause 3).
public struct EthernetView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the header: destination, source, type.
    public static let headerLength = 14

    /// Throws when fewer than 14 bytes are there.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.ethernet, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The station or stations it is for.
    @inlinable public var destination: MACAddress { bytes.macAddress(at: 0) }
    /// The station that sent it.
    @inlinable public var source: MACAddress { bytes.macAddress(at: 6) }
    /// The type field as it stands; below 0x0600 it is an 802.3 length.
    @inlinable public var etherType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 12)) }

    /// What follows the header, without the padding where an 802.3 length tells it.
    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get {
            let rest = bytes.dropping(Self.headerLength)
            return etherType.isLength ? rest.prefix(Int(etherType.rawValue)) : rest
        }
    }
}

/// An Ethernet header, II or 802.3 (RFC 894; IEEE 802.3, clause 3).
public struct EthernetHeader: Hashable, Sendable, WireEncodable {
    /// The station or stations it is for.
    public var destination: MACAddress
    /// The station that sent it.
    public var source: MACAddress
    /// What it carries; below 0x0600 the length of its data.
    public var etherType: EtherType

    /// A header of these fields.
    public init(destination: MACAddress, source: MACAddress, etherType: EtherType) {
        self.destination = destination
        self.source = source
        self.etherType = etherType
    }

    /// Bytes of the shortest frame without its check sequence (IEEE 802.3, clause 4.4.2): data of fewer than 46 are padded.
    public static let minimumFrameLength = 60
    /// The most data bytes of a standard frame.
    public static let maximumPayloadLength = 1500

    /// The frame with zeros after it up to the shortest length that Ethernet sends.
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
