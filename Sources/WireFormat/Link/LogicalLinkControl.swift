/// The header of an 802.3 length frame's data: LLC, and SNAP where its
/// service access points say so (IEEE 802.2; RFC 1042).
public struct LogicalLinkControlView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes of the shortest header: two service access points and a control octet.
    public static let minimumHeaderLength = 3

    /// Throws when the header, which its control octet measures, is not all there.
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
        // Unnumbered frames have one control octet, numbered ones two.
        return bytes.byte(at: 2) & 3 == 3 ? 3 : 4
    }

    /// Bytes of the header: 3, 4, or 8 with SNAP.
    public var headerLength: Int { Self.headerLength(bytes) }
    /// Which of the receiver's protocols it is for.
    public var destinationServiceAccessPoint: UInt8 { bytes.byte(at: 0) }
    /// Which of the sender's protocols it is of; the lowest bit marks an answer.
    public var sourceServiceAccessPoint: UInt8 { bytes.byte(at: 1) }
    /// One octet of unnumbered frames; the first of two otherwise.
    public var control: UInt8 { bytes.byte(at: 2) }
    /// Whether an organization code and a type follow (SNAP).
    public var isSubnetworkAccess: Bool { Self.isSubnetworkAccess(bytes) }
    /// SNAP: 24 bits; 0 says that the type is an EtherType. Nil without SNAP.
    public var organization: UInt32? { isSubnetworkAccess ? bytes.bigEndian32(at: 2) & 0xFF_FFFF : nil }
    /// SNAP: the type after the organization code. Nil without SNAP.
    public var subnetworkType: UInt16? { isSubnetworkAccess ? bytes.bigEndian16(at: 6) : nil }

    public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(headerLength) }
    }
}

/// An LLC header, with SNAP where there is one (IEEE 802.2; RFC 1042).
public struct LogicalLinkControl: Hashable, Sendable, WireEncodable {
    /// Which of the receiver's protocols it is for.
    public var destinationServiceAccessPoint: UInt8
    /// Which of the sender's protocols it is of; the lowest bit marks an answer.
    public var sourceServiceAccessPoint: UInt8
    /// One octet of unnumbered frames, two of numbered ones.
    public var control: [UInt8]
    /// SNAP: the organization (24 bits) and the type that it gave.
    public var subnetwork: Subnetwork?

    /// The protocol by an organization and its number (SNAP).
    public struct Subnetwork: Hashable, Sendable {
        /// 24 bits; 0 says that the type is an EtherType.
        public var organization: UInt32
        /// The organization's number of the protocol.
        public var type: UInt16

        /// SNAP of an organization; that of EtherTypes unless it is said otherwise.
        public init(organization: UInt32 = 0, type: UInt16) {
            self.organization = organization
            self.type = type
        }
    }

    /// An unnumbered information frame between service access points.
    public init(destination: UInt8, source: UInt8, control: [UInt8] = [3]) {
        destinationServiceAccessPoint = destination
        sourceServiceAccessPoint = source
        self.control = control
        subnetwork = nil
    }

    /// A SNAP header that carries an EtherType (RFC 1042).
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
