/// A view of the tag control information and the following EtherType, after an
/// Ethernet header whose type is that of a tag (IEEE 802.1Q, clause 9).
public struct VLANTagView: ~Escapable {
    public let bytes: RawSpan

    /// The length of the tag after its own EtherType, in bytes.
    public static let headerLength = 4

    /// Throws if there are fewer than 4 bytes.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.headerLength else {
            throw .truncatedHeader(.vlan, needed: Self.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    /// The priority code point, 0 to 7.
    @inlinable public var priority: UInt8 { bytes.byte(at: 0) >> 5 }
    /// The drop eligible indicator, formerly canonical format indicator.
    @inlinable public var isDropEligible: Bool { bytes.byte(at: 0) & 0x10 != 0 }
    /// The VLAN identifier, 12 bits: 0 is a priority tag without a VLAN, 4,095 is reserved.
    @inlinable public var identifier: UInt16 { bytes.bigEndian16(at: 0) & 0xFFF }
    /// The type of the payload.
    @inlinable public var etherType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 2)) }

    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(Self.headerLength) }
    }
}

/// A VLAN tag (IEEE 802.1Q, clause 9).
public struct VLANTag: Hashable, Sendable, WireEncodable {
    /// The identifiers of VLANs. 4,095 is reserved (IEEE 802.1Q, table 9-2).
    public static let vlans: ClosedRange<UInt16> = 1...4_094
    /// The identifiers of tags: 0 is a priority without a VLAN.
    public static let identifiers: ClosedRange<UInt16> = 0...4_094
    /// The priority code points.
    public static let priorities: ClosedRange<UInt8> = 0...7

    /// The priority code point, 0 to 7.
    public var priority: UInt8
    /// The drop eligible indicator: whether the frame may be dropped first in congestion.
    public var isDropEligible: Bool
    /// The VLAN identifier, 12 bits; higher bits are ignored.
    public var identifier: UInt16
    /// The type of the payload.
    public var etherType: EtherType

    /// Creates a tag.
    public init(identifier: UInt16, priority: UInt8 = 0, isDropEligible: Bool = false, etherType: EtherType) {
        self.identifier = identifier
        self.priority = priority
        self.isDropEligible = isDropEligible
        self.etherType = etherType
    }

    public init(_ view: borrowing VLANTagView) {
        self.init(
            identifier: view.identifier, priority: view.priority, isDropEligible: view.isDropEligible,
            etherType: view.etherType)
    }

    public var byteCount: Int { VLANTagView.headerLength }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        let control = UInt16(priority & 7) << 13 | (isDropEligible ? 0x1000 : 0) | identifier & 0xFFF
        bytes.setBigEndian16(control, at: offset)
        bytes.setBigEndian16(etherType.rawValue, at: offset + 2)
    }
}
