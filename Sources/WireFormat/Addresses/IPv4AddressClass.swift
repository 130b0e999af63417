/// The class of an IPv4 address by its first bits (RFC 791, section
/// 3.2; RFC 1112, section 4). Obsolete since CIDR (RFC 1519), but the terms are still used.
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

    /// The first bits of every address of the class.
    public var leadingBits: String {
        switch self {
        case .a: "0"
        case .b: "10"
        case .c: "110"
        case .d: "1110"
        case .e: "1111"
        }
    }

    /// The length of the network part, in bits; nil for classes D and E.
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

    /// The network of the address according to its class; nil for classes D and E.
    public var classNetwork: IPv4Network? {
        addressClass.prefixLength.flatMap { IPv4Network(self, prefixLength: $0) }
    }

    /// The octets of the network and of the host identifier according to the class:
    /// `140.252` and `20.68`. Nil for classes D and E.
    public var classParts: (networkIdentifier: String, hostIdentifier: String)? {
        guard let length = addressClass.prefixLength else { return nil }
        let octets = (0..<4).map { String(rawValue >> UInt32(24 - 8 * $0) & 0xFF) }
        return (octets[..<(length / 8)].joined(separator: "."), octets[(length / 8)...].joined(separator: "."))
    }

    /// The prefix length of a mask; nil if its ones are not contiguous from the start.
    public var maskLength: Int? {
        let ones = (~rawValue).leadingZeroBitCount
        return ones == rawValue.nonzeroBitCount ? ones : nil
    }
}

extension IPv4Network {
    /// The directed broadcast address; nil for a /31 or /32, which has none (RFC 3021).
    public var broadcast: IPv4Address? { prefixLength <= 30 ? lastAddress : nil }

    /// The complement of the mask, as used in access lists.
    public var wildcard: IPv4Address { IPv4Address(rawValue: ~mask.rawValue) }

    /// Returns the host bits of an address.
    public func hostPart(of address: IPv4Address) -> IPv4Address {
        IPv4Address(rawValue: address.rawValue & ~mask.rawValue)
    }
}
