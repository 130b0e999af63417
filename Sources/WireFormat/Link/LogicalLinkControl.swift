/// A view of the header in an 802.3 frame's data: LLC, and SNAP if the
/// service access points indicate it (IEEE 802.2; RFC 1042).
public struct LogicalLinkControlView: ~Escapable {
    public let bytes: RawSpan

    /// The minimum length of the header: two service access points and a control octet.
    public static let minimumHeaderLength = 3

    /// Throws if the header, whose length depends on the control octet, is truncated.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.minimumHeaderLength else {
            throw .truncatedHeader(.llc, needed: Self.minimumHeaderLength, available: bytes.byteCount)
        }
        let length = Self.headerLength(bytes)
        guard bytes.byteCount >= length else {
            throw .truncatedHeader(.llc, needed: length, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    private static func isSubnetworkAccess(_ bytes: RawSpan) -> Bool {
        bytes.byte(at: 0) & 0xFE == 0xAA && bytes.byte(at: 1) & 0xFE == 0xAA && bytes.byte(at: 2) == 3
    }

    private static func headerLength(_ bytes: RawSpan) -> Int {
        if isSubnetworkAccess(bytes) { return 8 }
        // Unnumbered frames have one control octet, others two.
        return bytes.byte(at: 2) & 3 == 3 ? 3 : 4
    }

    /// The length of the header, in bytes: 3, 4, or 8 with SNAP.
    public var headerLength: Int { Self.headerLength(bytes) }
    /// The destination service access point (DSAP).
    public var destinationServiceAccessPoint: UInt8 { bytes.byte(at: 0) }
    /// The source service access point (SSAP); the lowest bit marks a response.
    public var sourceServiceAccessPoint: UInt8 { bytes.byte(at: 1) }
    /// The control octet of unnumbered frames; the first of two in others.
    public var control: UInt8 { bytes.byte(at: 2) }
    /// Whether a SNAP header follows: an organization code and a type.
    public var isSubnetworkAccess: Bool { Self.isSubnetworkAccess(bytes) }
    /// The organization code of SNAP, 24 bits; 0 if the type is an EtherType. Nil without SNAP.
    public var organization: UInt32? { isSubnetworkAccess ? bytes.bigEndian32(at: 2) & 0xFF_FFFF : nil }
    /// The type in the SNAP header. Nil without SNAP.
    public var subnetworkType: UInt16? { isSubnetworkAccess ? bytes.bigEndian16(at: 6) : nil }

    public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(headerLength) }
    }
}

/// An LLC header, with an optional SNAP header (IEEE 802.2; RFC 1042).
public struct LogicalLinkControl: Hashable, Sendable, WireEncodable {
    /// The destination service access point (DSAP).
    public var destinationServiceAccessPoint: UInt8
    /// The source service access point (SSAP); the lowest bit marks a response.
    public var sourceServiceAccessPoint: UInt8
    /// The control octets: one in unnumbered frames, two in others.
    public var control: [UInt8]
    /// The SNAP header: the organization code (24 bits) and the type.
    public var subnetwork: Subnetwork?

    /// A SNAP header.
    public struct Subnetwork: Hashable, Sendable {
        /// The organization code, 24 bits; 0 if the type is an EtherType.
        public var organization: UInt32
        /// The protocol number assigned by the organization.
        public var type: UInt16

        /// Creates a SNAP header, by default for an EtherType.
        public init(organization: UInt32 = 0, type: UInt16) {
            self.organization = organization
            self.type = type
        }
    }

    /// Creates the header of an unnumbered information frame between service access points.
    public init(destination: UInt8, source: UInt8, control: [UInt8] = [3]) {
        destinationServiceAccessPoint = destination
        sourceServiceAccessPoint = source
        self.control = control
        subnetwork = nil
    }

    /// Creates a SNAP header for an EtherType (RFC 1042).
    public init(etherType: EtherType) {
        self.init(destination: 0xAA, source: 0xAA)
        subnetwork = Subnetwork(type: etherType.rawValue)
    }

    public init(_ view: borrowing LogicalLinkControlView) {
        self.init(
            destination: view.destinationServiceAccessPoint, source: view.sourceServiceAccessPoint,
            control: view.bytes.extracting(2..<(view.isSubnetworkAccess ? 3 : view.headerLength)).copied())
        if let organization = view.organization, let type = view.subnetworkType {
            subnetwork = Subnetwork(organization: organization, type: type)
        }
    }

    public var byteCount: Int { 2 + control.count + (subnetwork == nil ? 0 : 5) }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setByte(destinationServiceAccessPoint, at: offset)
        bytes.setByte(sourceServiceAccessPoint, at: offset + 1)
        bytes.copy(control, at: offset + 2)
        guard let subnetwork else { return }
        let position = offset + 2 + control.count
        bytes.setByte(UInt8(truncatingIfNeeded: subnetwork.organization >> 16), at: position)
        bytes.setBigEndian16(UInt16(truncatingIfNeeded: subnetwork.organization), at: position + 1)
        bytes.setBigEndian16(subnetwork.type, at: position + 3)
    }
}
