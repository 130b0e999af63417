/// The pseudo-header that Linux puts before packets captured on "any"
/// interface (tcpdump group, LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2).
public struct LinuxCookedView: ~Escapable {
    public let bytes: RawSpan
    /// Which of the two headers it is.
    public let version: LinuxCooked.Version

    /// Throws when the header is not all there.
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

    /// Where the packet went.
    @inlinable public var packetType: LinuxCooked.PacketType {
        LinuxCooked.PacketType(rawValue: isFirst ? bytes.bigEndian16(at: 0) : UInt16(bytes.byte(at: 10)))
    }
    /// The kind of device (ARPHRD_ values: 1 Ethernet, 772 loopback).
    @inlinable public var hardwareType: UInt16 { bytes.bigEndian16(at: isFirst ? 2 : 8) }
    /// Bytes of the address, which may be more than the eight that there is room for.
    @inlinable public var addressLength: Int {
        isFirst ? Int(bytes.bigEndian16(at: 4)) : Int(bytes.byte(at: 11))
    }
    /// The sender's link-layer address, at most eight bytes of it.
    @inlinable public var address: RawSpan {
        @_lifetime(copy self) get {
            let start = isFirst ? 6 : 12
            return bytes.extracting(start..<start &+ Swift.min(addressLength, 8))
        }
    }
    /// An EtherType where the device is Ethernet or the like.
    @inlinable public var protocolType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: isFirst ? 14 : 0)) }
    /// Version 2: the number of the interface; nil in version 1.
    @inlinable public var interfaceIndex: UInt32? { isFirst ? nil : bytes.bigEndian32(at: 4) }

    @inlinable public var payload: RawSpan {
        @_lifetime(copy self) get { bytes.dropping(version.headerLength) }
    }
}

/// The pseudo-header of a capture on every interface.
public struct LinuxCooked: Hashable, Sendable, WireEncodable {
    /// The two forms of the header.
    public enum Version: UInt8, Sendable {
        /// LINKTYPE_LINUX_SLL: 16 bytes.
        case first = 1
        /// LINKTYPE_LINUX_SLL2: 20 bytes.
        case second = 2

        /// Bytes of the header.
        @inlinable public var headerLength: Int { self == .first ? 16 : 20 }
    }

    /// Where the packet went.
    public struct PacketType: RawRepresentable, Hashable, Sendable {
        public let rawValue: UInt16
        @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let toUs = PacketType(rawValue: 0)
        public static let broadcast = PacketType(rawValue: 1)
        public static let multicast = PacketType(rawValue: 2)
        public static let toSomebodyElse = PacketType(rawValue: 3)
        public static let outgoing = PacketType(rawValue: 4)
    }

    /// Which of the two headers it is.
    public var version: Version
    /// Where the packet went.
    public var packetType: PacketType
    /// The kind of device (ARPHRD_ values).
    public var hardwareType: UInt16
    /// Bytes of the address as the header says; the field holds eight.
    public var addressLength: Int
    /// The eight bytes of the field, in network order.
    public var addressField: UInt64
    /// What follows: an EtherType where the device is Ethernet or the like.
    public var protocolType: EtherType
    /// Version 2 alone.
    public var interfaceIndex: UInt32
    /// Version 2 alone: the two bytes after the protocol, which must be zero.
    public var reserved: UInt16

    /// The header of a packet of an Ethernet device.
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
