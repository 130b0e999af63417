/// A view of the pseudo-header of packets that Linux captures on the "any"
/// interface (tcpdump group, LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2).
public struct LinuxCookedView: ~Escapable {
    public let bytes: RawSpan
    /// The version of the header.
    public let version: LinuxCooked.Version

    /// Throws if the header is truncated.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, version: LinuxCooked.Version) throws(ParseError) {
        guard bytes.byteCount >= version.headerLength else {
            throw .truncatedHeader(.linuxCooked, needed: version.headerLength, available: bytes.byteCount)
        }
        self.bytes = bytes
        self.version = version
    }

    @inlinable var isFirst: Bool { version == .first }

    /// The direction and kind of destination of the packet.
    @inlinable public var packetType: LinuxCooked.PacketType {
        LinuxCooked.PacketType(rawValue: isFirst ? bytes.bigEndian16(at: 0) : UInt16(bytes.byte(at: 10)))
    }
    /// The device type (ARPHRD_ values: 1 Ethernet, 772 loopback).
    @inlinable public var hardwareType: UInt16 { bytes.bigEndian16(at: isFirst ? 2 : 8) }
    /// The length of the address, which may exceed the 8 bytes of the field.
    @inlinable public var addressLength: Int {
        isFirst ? Int(bytes.bigEndian16(at: 4)) : Int(bytes.byte(at: 11))
    }
    /// The sender's link-layer address, truncated to 8 bytes.
    @inlinable public var address: RawSpan {
        @_lifetime(copy self) get {
            let start = isFirst ? 6 : 12
            return bytes.extracting(start..<start &+ Swift.min(addressLength, 8))
        }
    }
    /// The protocol: an EtherType for Ethernet and similar devices.
    @inlinable public var protocolType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: isFirst ? 14 : 0)) }
    /// The interface index in version 2; nil in version 1.
    @inlinable public var interfaceIndex: UInt32? { isFirst ? nil : bytes.bigEndian32(at: 4) }

    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(version.headerLength) }
    }
}

/// The pseudo-header of packets captured on the "any" interface.
public struct LinuxCooked: Hashable, Sendable, WireEncodable {
    /// The versions of the header.
    public enum Version: UInt8, Sendable {
        /// LINKTYPE_LINUX_SLL: 16 bytes.
        case first = 1
        /// LINKTYPE_LINUX_SLL2: 20 bytes.
        case second = 2

        /// The length of the header, in bytes.
        @inlinable public var headerLength: Int { self == .first ? 16 : 20 }
    }

    /// The direction and kind of destination of a packet.
    public struct PacketType: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let toUs = PacketType(rawValue: 0)
        public static let broadcast = PacketType(rawValue: 1)
        public static let multicast = PacketType(rawValue: 2)
        public static let toSomebodyElse = PacketType(rawValue: 3)
        public static let outgoing = PacketType(rawValue: 4)
    }

    /// The version of the header.
    public var version: Version
    /// The direction and kind of destination of the packet.
    public var packetType: PacketType
    /// The device type (ARPHRD_ values).
    public var hardwareType: UInt16
    /// The length of the address as stated in the header; the field has 8 bytes.
    public var addressLength: Int
    /// The 8 bytes of the address field, in network byte order.
    public var addressField: UInt64
    /// The protocol: an EtherType for Ethernet and similar devices.
    public var protocolType: EtherType
    /// The interface index; only in version 2.
    public var interfaceIndex: UInt32
    /// The two bytes after the protocol, which must be zero; only in version 2.
    public var reserved: UInt16

    /// Creates the header of a packet of an Ethernet device.
    public init(
        version: Version, packetType: PacketType = .toUs, hardwareType: UInt16 = 1, address: MACAddress,
        protocolType: EtherType, interfaceIndex: UInt32 = 0
    ) {
        self.version = version
        self.packetType = packetType
        self.hardwareType = hardwareType
        addressLength = 6
        addressField = address.rawValue << 16
        self.protocolType = protocolType
        self.interfaceIndex = interfaceIndex
        reserved = 0
    }

    public init(_ view: borrowing LinuxCookedView) {
        version = view.version
        packetType = view.packetType
        hardwareType = view.hardwareType
        addressLength = view.addressLength
        addressField = view.bytes.bigEndian64(at: view.version == .first ? 6 : 12)
        protocolType = view.protocolType
        interfaceIndex = view.interfaceIndex ?? 0
        reserved = view.version == .first ? 0 : view.bytes.bigEndian16(at: 2)
    }

    public var byteCount: Int { version.headerLength }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        switch version {
        case .first:
            bytes.setBigEndian16(packetType.rawValue, at: offset)
            bytes.setBigEndian16(hardwareType, at: offset + 2)
            bytes.setBigEndian16(UInt16(truncatingIfNeeded: addressLength), at: offset + 4)
            bytes.setBigEndian64(addressField, at: offset + 6)
            bytes.setBigEndian16(protocolType.rawValue, at: offset + 14)
        case .second:
            bytes.setBigEndian16(protocolType.rawValue, at: offset)
            bytes.setBigEndian16(reserved, at: offset + 2)
            bytes.setBigEndian32(interfaceIndex, at: offset + 4)
            bytes.setBigEndian16(hardwareType, at: offset + 8)
            bytes.setByte(UInt8(truncatingIfNeeded: packetType.rawValue), at: offset + 10)
            bytes.setByte(UInt8(truncatingIfNeeded: addressLength), at: offset + 11)
            bytes.setBigEndian64(addressField, at: offset + 12)
        }
    }
}
