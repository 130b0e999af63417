/// A packet of the address resolution protocol over its bytes (RFC 826), of
/// its reverse (RFC 903) and of its inverse (RFC 2390), which share the format.
///
/// Addresses have the lengths that the packet says. `isEthernetIPv4` tells
/// whether they are the usual ones; then `senderMAC` and its like are there.
public struct ARPView: ~Escapable {
    public let bytes: RawSpan

    /// Bytes before the four addresses.
    public static let fixedLength = 8
    /// Bytes of a packet with Ethernet and IPv4 addresses.
    public static let ethernetIPv4Length = 28

    /// Throws when the fixed part or one of the addresses is not all there.
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

    /// The kind of link: 1 is Ethernet (IANA ARP hardware types).
    @inlinable public var hardwareType: UInt16 { bytes.bigEndian16(at: 0) }
    /// The protocol whose addresses are asked for.
    @inlinable public var protocolType: EtherType { EtherType(rawValue: bytes.bigEndian16(at: 2)) }
    /// Bytes of a link-layer address.
    @inlinable public var hardwareLength: Int { Int(bytes.byte(at: 4)) }
    /// Bytes of a protocol address.
    @inlinable public var protocolLength: Int { Int(bytes.byte(at: 5)) }
    @inlinable public var operation: ARPOperation { ARPOperation(rawValue: bytes.bigEndian16(at: 6)) }

    /// Bytes of the packet; what follows is padding.
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

    /// Whether addresses are six bytes and four, and the protocol is IPv4.
    @inlinable public var isEthernetIPv4: Bool { bytes.bigEndian32(at: 2) == 0x0800_0604 }

    /// The sender's link-layer address; in the view nil unless `isEthernetIPv4`.
    @inlinable public var senderMAC: MACAddress? { isEthernetIPv4 ? bytes.macAddress(at: 8) : nil }
    /// The sender's address; in the view nil unless `isEthernetIPv4`. Unspecified in probes (RFC 5227).
    @inlinable public var senderAddress: IPv4Address? { isEthernetIPv4 ? bytes.ipv4Address(at: 14) : nil }
    /// The target's link-layer address; nil unless `isEthernetIPv4`.
    @inlinable public var targetMAC: MACAddress? { isEthernetIPv4 ? bytes.macAddress(at: 18) : nil }
    /// The address that is asked for, or the asker's in an answer; in the view nil unless `isEthernetIPv4`.
    @inlinable public var targetAddress: IPv4Address? { isEthernetIPv4 ? bytes.ipv4Address(at: 24) : nil }
}

/// A packet of the address resolution protocol for IPv4 over links with
/// 48-bit addresses (RFC 826; RFC 903; RFC 2390).
public struct ARPPacket: Hashable, Sendable, WireEncodable {
    /// The kind of link: 1 is Ethernet.
    public var hardwareType: UInt16
    /// What is asked or answered.
    public var operation: ARPOperation
    /// The sender's link-layer address; in the view nil unless `isEthernetIPv4`.
    public var senderMAC: MACAddress
    /// The sender's address; in the view nil unless `isEthernetIPv4`. Unspecified in probes (RFC 5227).
    public var senderAddress: IPv4Address
    /// Unspecified in requests: what is asked for.
    public var targetMAC: MACAddress
    /// The address that is asked for, or the asker's in an answer; in the view nil unless `isEthernetIPv4`.
    public var targetAddress: IPv4Address

    /// A packet for Ethernet.
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

    /// "Who has `target`? Tell `sender`."
    public static func request(
        for target: IPv4Address, from senderMAC: MACAddress, _ senderAddress: IPv4Address
    ) -> ARPPacket {
        ARPPacket(
            operation: .request, senderMAC: senderMAC, senderAddress: senderAddress, targetAddress: target)
    }

    /// Asks whether an address is in use, without a claim to it: the sender is unspecified (RFC 5227, section 2.1.1).
    public static func probe(for target: IPv4Address, from senderMAC: MACAddress) -> ARPPacket {
        request(for: target, from: senderMAC, .unspecified)
    }

    /// Claims an address: sender and target are the same (RFC 5227, section 2.3).
    public static func announcement(of address: IPv4Address, at senderMAC: MACAddress) -> ARPPacket {
        request(for: address, from: senderMAC, address)
    }

    /// The answer to this request, by the one who has the address.
    public func reply(from mac: MACAddress) -> ARPPacket {
        ARPPacket(
            operation: .reply, senderMAC: mac, senderAddress: targetAddress, targetMAC: senderMAC,
            targetAddress: senderAddress)
    }

    /// Throws when the addresses are not six bytes and four, or the protocol is not IPv4.
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

    /// What a request or reply is for, beyond its operation (RFC 5227).
    public enum Purpose: String, Sendable {
        /// A question or an answer.
        case resolution
        /// The sender's address is unspecified: is this address free?
        case probe
        /// Sender and target address are the same: this address is mine. A
        /// reply of this kind is what is called a gratuitous one.
        case announcement
    }

    /// What the packet is for.
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
