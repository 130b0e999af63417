/// A view of an ARP packet (RFC 826), also of RARP (RFC 903) and InARP (RFC 2390), which
/// share the format.
///
/// Addresses have the lengths that the packet states. If `isEthernetIPv4`, they have the usual
/// lengths, and `senderMAC` and its counterparts are not nil.
public struct ARPView: ~Escapable {
    public let bytes: RawSpan

    /// The length of the fixed part before the 4 addresses, in bytes.
    public static let fixedLength = 8
    /// The length of a packet with Ethernet and IPv4 addresses, in bytes.
    public static let ethernetIPv4Length = 28

    /// Throws if the fixed part or an address is truncated.
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan) throws(ParseError) {
        guard bytes.byteCount >= Self.fixedLength else {
            throw Self.truncated("header", needed: Self.fixedLength, available: bytes.byteCount)
        }
        let length = Self.fixedLength &+ 2 &* (Int(bytes.byte(at: 4)) &+ Int(bytes.byte(at: 5)))
        guard bytes.byteCount >= length else {
            throw Self.truncated("addresses", needed: length, available: bytes.byteCount)
        }
        self.bytes = bytes
    }

    @usableFromInline
    static func truncated(_ field: String, needed: Int, available: Int) -> ParseError {
        ParseError(
            layer: .arp, field: field, offset: field == "header" ? 0 : fixedLength,
            reason: .truncated(needed: needed, available: available))
    }

    /// The link type: 1 is Ethernet (IANA ARP hardware types).
    @inlinable public var hardwareType: UInt16 { bytes.bigEndian16(at: 0) }
    /// The protocol of the addresses.
    @inlinable public var protocolType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 2)) }
    /// The length of a link-layer address, in bytes.
    @inlinable public var hardwareLength: Int { Int(bytes.byte(at: 4)) }
    /// The length of a protocol address, in bytes.
    @inlinable public var protocolLength: Int { Int(bytes.byte(at: 5)) }
    @inlinable public var operation: ARPOperation { ARPOperation(rawValue: bytes.bigEndian16(at: 6)) }

    /// The length of the packet without padding, in bytes.
    @inlinable public var length: Int { Self.fixedLength &+ 2 &* (hardwareLength &+ protocolLength) }

    /// The sender's link-layer address, of `hardwareLength` bytes.
    @inlinable public var senderHardwareAddress: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(8..<8 &+ hardwareLength) }
    }
    /// The sender's protocol address, of `protocolLength` bytes.
    @inlinable public var senderProtocolAddress: RawSpan {
        @_lifetime(copy self) get {
            let start = 8 &+ hardwareLength
            return bytes.extracting(start..<start &+ protocolLength)
        }
    }
    /// The target's link-layer address, of `hardwareLength` bytes.
    @inlinable public var targetHardwareAddress: RawSpan {
        @_lifetime(copy self) get {
            let start = 8 &+ hardwareLength &+ protocolLength
            return bytes.extracting(start..<start &+ hardwareLength)
        }
    }
    /// The target's protocol address, of `protocolLength` bytes.
    @inlinable public var targetProtocolAddress: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(length &- protocolLength..<length) }
    }

    /// Whether the addresses are 6 and 4 bytes long, and the protocol is IPv4.
    @inlinable public var isEthernetIPv4: Bool { bytes.bigEndian32(at: 2) == 0x0800_0604 }

    /// The sender's link-layer address; nil in a view unless `isEthernetIPv4`.
    @inlinable public var senderMAC: MACAddress? { isEthernetIPv4 ? bytes.macAddress(at: 8) : nil }
    /// The sender's address; nil in a view unless `isEthernetIPv4`. Unspecified in probes (RFC 5227).
    @inlinable public var senderAddress: IPv4Address? { isEthernetIPv4 ? bytes.ipv4Address(at: 14) : nil }
    /// The target's link-layer address; nil unless `isEthernetIPv4`.
    @inlinable public var targetMAC: MACAddress? { isEthernetIPv4 ? bytes.macAddress(at: 18) : nil }
    /// The requested address, or the requester's in a reply; nil in a view unless `isEthernetIPv4`.
    @inlinable public var targetAddress: IPv4Address? { isEthernetIPv4 ? bytes.ipv4Address(at: 24) : nil }
}

/// An ARP packet for IPv4 over links with 48-bit addresses
/// (RFC 826; RFC 903; RFC 2390).
public struct ARPPacket: Hashable, Sendable, WireEncodable {
    /// The link type: 1 is Ethernet.
    public var hardwareType: UInt16
    /// The operation.
    public var operation: ARPOperation
    /// The sender's link-layer address; nil in a view unless `isEthernetIPv4`.
    public var senderMAC: MACAddress
    /// The sender's address; nil in a view unless `isEthernetIPv4`. Unspecified in probes (RFC 5227).
    public var senderAddress: IPv4Address
    /// The target's link-layer address; unspecified in requests.
    public var targetMAC: MACAddress
    /// The requested address, or the requester's in a reply; nil in a view unless `isEthernetIPv4`.
    public var targetAddress: IPv4Address

    /// Creates a packet for Ethernet.
    public init(
        operation: ARPOperation, senderMAC: MACAddress, senderAddress: IPv4Address,
        targetMAC: MACAddress = .unspecified, targetAddress: IPv4Address
    ) {
        hardwareType = 1
        self.operation = operation
        self.senderMAC = senderMAC
        self.senderAddress = senderAddress
        self.targetMAC = targetMAC
        self.targetAddress = targetAddress
    }

    /// Returns a request for the link-layer address of `target`.
    public static func request(
        for target: IPv4Address, from senderMAC: MACAddress, _ senderAddress: IPv4Address
    ) -> ARPPacket {
        ARPPacket(
            operation: .request, senderMAC: senderMAC, senderAddress: senderAddress, targetAddress: target)
    }

    /// Returns a probe, which asks whether an address is in use. Its sender address is unspecified (RFC 5227, section
    /// 2.1.1).
    public static func probe(for target: IPv4Address, from senderMAC: MACAddress) -> ARPPacket {
        request(for: target, from: senderMAC, .unspecified)
    }

    /// Returns an announcement: sender and target address are the same (RFC 5227, section 2.3).
    public static func announcement(of address: IPv4Address, at senderMAC: MACAddress) -> ARPPacket {
        request(for: address, from: senderMAC, address)
    }

    /// Returns the reply to this request, from `mac`.
    public func reply(from mac: MACAddress) -> ARPPacket {
        ARPPacket(
            operation: .reply, senderMAC: mac, senderAddress: targetAddress, targetMAC: senderMAC,
            targetAddress: senderAddress)
    }

    /// Throws if the addresses are not 6 and 4 bytes long, or the protocol is not IPv4.
    public init(_ view: borrowing ARPView) throws(ParseError) {
        guard view.isEthernetIPv4 else {
            throw ParseError(
                layer: .arp, field: "protocolType", offset: 2,
                reason: .invalid(value: UInt64(view.bytes.bigEndian32(at: 2))))
        }
        let bytes = view.bytes
        hardwareType = view.hardwareType
        operation = view.operation
        senderMAC = bytes.macAddress(at: 8)
        senderAddress = bytes.ipv4Address(at: 14)
        targetMAC = bytes.macAddress(at: 18)
        targetAddress = bytes.ipv4Address(at: 24)
    }

    public var byteCount: Int { ARPView.ethernetIPv4Length }

    @_lifetime(bytes: copy bytes)
    public func write(into bytes: inout MutableRawSpan, at offset: Int) throws(CapacityError) {
        try requireCapacity(bytes, at: offset)
        bytes.setBigEndian16(hardwareType, at: offset)
        bytes.setBigEndian32(0x0800_0604, at: offset + 2)
        bytes.setBigEndian16(operation.rawValue, at: offset + 6)
        bytes.setMACAddress(senderMAC, at: offset + 8)
        bytes.setIPv4Address(senderAddress, at: offset + 14)
        bytes.setMACAddress(targetMAC, at: offset + 18)
        bytes.setIPv4Address(targetAddress, at: offset + 24)
    }

    /// The purpose of a packet, beyond its operation (RFC 5227).
    public enum Purpose: String, Sendable {
        /// A normal request or reply.
        case resolution
        /// A request with an unspecified sender address, which asks whether the target address is in use.
        case probe
        /// Sender and target address are the same: the sender announces its address. Such a
        /// reply is called gratuitous ARP.
        case announcement
    }

    /// The purpose of the packet.
    public var purpose: Purpose { .init(operation, sender: senderAddress, target: targetAddress) }
}

extension ARPPacket.Purpose {
    init(_ operation: ARPOperation, sender: IPv4Address, target: IPv4Address) {
        if operation == .request, sender.isUnspecified, !target.isUnspecified {
            self = .probe
        } else if operation == .request || operation == .reply, sender == target, !sender.isUnspecified {
            self = .announcement
        } else {
            self = .resolution
        }
    }
}
