/// The five classes of IPv4 addresses by their first bits (RFC 791, section
/// 3.2; RFC 1112, section 4), history since CIDR (RFC 1519) but still how people speak.
public enum IPv4AddressClass: String, Sendable, CaseIterable {
    case a = "A"
    case b = "B"
    case c = "C"
    /// Multicast groups.
    case d = "D"
    /// Reserved.
    case e = "E"

    /// The class of an address.
    public init(_ address: IPv4Address) {
        let first = address.rawValue >> 24
        self = first < 128 ? .a : first < 192 ? .b : first < 224 ? .c : first < 240 ? .d : .e
    }

    /// The first bits that make an address one of this class.
    public var leadingBits: String {
        switch self {
        case .a: "0"
        case .b: "10"
        case .c: "110"
        case .d: "1110"
        case .e: "1111"
        }
    }

    /// Bits of the network part; nil for the classes that have none.
    public var prefixLength: Int? {
        switch self {
        case .a: 8
        case .b: 16
        case .c: 24
        case .d, .e: nil
        }
    }
}

extension IPv4Address {
    /// The class by the first bits.
    public var addressClass: IPv4AddressClass { IPv4AddressClass(self) }

    /// The network that the class gives the address; nil for classes D and E.
    public var classNetwork: IPv4Network? {
        addressClass.prefixLength.flatMap { IPv4Network(self, prefixLength: $0) }
    }

    /// Whole octets of the net-id, and of the host-id, that the class gives
    /// the address: `140.252` and `20.68`. Nil for classes D and E.
    public var classParts: (networkIdentifier: String, hostIdentifier: String)? {
        guard let length = addressClass.prefixLength else { return nil }
        let octets = (0..<4).map { String(rawValue >> UInt32(24 - 8 * $0) & 0xFF) }
        return (octets[..<(length / 8)].joined(separator: "."), octets[(length / 8)...].joined(separator: "."))
    }

    /// The prefix length of a mask; nil when its ones are not all in front.
    public var maskLength: Int? {
        let ones = (~rawValue).leadingZeroBitCount
        return ones == rawValue.nonzeroBitCount ? ones : nil
    }
}

extension IPv4Network {
    /// The directed broadcast address; nil for a /31 and a /32, which have none (RFC 3021).
    public var broadcast: IPv4Address? { prefixLength <= 30 ? lastAddress : nil }

    /// The mask's complement, as access lists write it.
    public var wildcard: IPv4Address { IPv4Address(rawValue: ~mask.rawValue) }

    /// The bits of an address that tell the host.
    public func hostPart(of address: IPv4Address) -> IPv4Address {
        IPv4Address(rawValue: address.rawValue & ~mask.rawValue)
    }
}
