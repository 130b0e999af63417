/// A router's information about one of its interfaces, an extension object of class 2 (RFC 5837, section 4).
public struct ICMPInterfaceInformation: Hashable, Sendable {
    /// The role of the interface (RFC 5837, section 4.1): the highest two bits of the object's type.
    public enum Role: UInt8, Sendable, CustomStringConvertible {
        /// The interface on which the datagram arrived.
        case incoming = 0
        /// A sub-IP component of that interface.
        case incomingSubComponent = 1
        /// The interface on which the datagram would have been sent.
        case outgoing = 2
        /// The next hop to which the datagram would have been sent.
        case nextHop = 3

        public var description: String {
            switch self {
            case .incoming: "incoming"
            case .incomingSubComponent: "incoming-sub"
            case .outgoing: "outgoing"
            case .nextHop: "next-hop"
            }
        }
    }

    /// The class of the object (RFC 5837, section 4.1).
    public static let classNumber: UInt8 = 2
    /// The maximum length of a name, without its length byte.
    public static let maximumNameLength = 63

    /// The role of the interface.
    public var role: Role
    /// The interface index in SNMP (ifIndex).
    public var index: UInt32?
    /// An address of the interface.
    public var address: IPAddress?
    /// The interface's name in UTF-8, without padding.
    public var name: [UInt8]?
    /// The MTU, in bytes.
    public var mtu: UInt32?

    /// Creates interface information.
    public init(
        role: Role, index: UInt32? = nil, address: IPAddress? = nil, name: [UInt8]? = nil, mtu: UInt32? = nil
    ) {
        self.role = role
        self.index = index
        self.address = address
        self.name = name
        self.mtu = mtu
    }

    /// Parses an object; returns nil if it has another class, or a part that its type requires is missing.
    public init?(_ object: ICMPExtensions.Object) {
        guard object.classNumber == Self.classNumber, let role = Role(rawValue: object.classType >> 6) else {
            return nil
        }
        self.init(role: role)
        let data = object.data
        var rest = data.rawBytes
        if object.classType & 8 != 0 {
            guard rest.byteCount >= 4 else { return nil }
            index = rest.bigEndian32(at: 0)
            rest = rest.dropping(4)
        }
        if object.classType & 4 != 0 {
            guard rest.byteCount >= 8 else { return nil }
            // IANA address family numbers: 1 is IPv4, 2 is IPv6.
            switch rest.bigEndian16(at: 0) {
            case 1:
                address = .v4(rest.ipv4Address(at: 4))
                rest = rest.dropping(8)
            case 2 where rest.byteCount >= 20:
                address = .v6(rest.ipv6Address(at: 4))
                rest = rest.dropping(20)
            default: return nil
            }
        }
        if object.classType & 2 != 0 {
            guard rest.byteCount >= 1 else { return nil }
            let length = Int(rest.byte(at: 0))
            guard length >= 1, length <= 1 + Self.maximumNameLength, length <= rest.byteCount else { return nil }
            var bytes = rest.extracting(1..<length).copied()
            while bytes.last == 0 { bytes.removeLast() }
            name = bytes
            rest = rest.dropping(length)
        }
        if object.classType & 1 != 0 {
            guard rest.byteCount >= 4 else { return nil }
            mtu = rest.bigEndian32(at: 0)
        }
    }

    /// The extension object; the name is truncated to 63 bytes and padded to a multiple of 4 with its length.
    public var object: ICMPExtensions.Object {
        var type = role.rawValue << 6
        var data: [UInt8] = []
        if let index {
            type |= 8
            data += ByteOrder.bigEndian.bytes(index)
        }
        if let address {
            type |= 4
            switch address {
            case .v4(let address): data += [0, 1, 0, 0] + ByteOrder.bigEndian.bytes(address.rawValue)
            case .v6(let address):
                data += [0, 2, 0, 0] + ByteOrder.bigEndian.bytes(address.high) + ByteOrder.bigEndian.bytes(address.low)
            }
        }
        if let name {
            type |= 2
            let kept = name.prefix(Self.maximumNameLength)
            let length = (1 + kept.count + 3) & ~3
            data += [UInt8(length)] + kept + [UInt8](repeating: 0, count: length - 1 - kept.count)
        }
        if let mtu {
            type |= 1
            data += ByteOrder.bigEndian.bytes(mtu)
        }
        return ICMPExtensions.Object(classNumber: Self.classNumber, classType: type, data: data)
    }
}

extension ICMPExtensions.Object {
    /// The interface information in the object, if it has that class (RFC 5837).
    public var interfaceInformation: ICMPInterfaceInformation? { ICMPInterfaceInformation(self) }
}
