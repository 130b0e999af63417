/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Parses the text of either family, as `IPv4Address` and `IPv6Address` do.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The IP version.
    public enum Family: Sendable, Hashable, CustomStringConvertible {
        case v4, v6

        /// `IPv4` or `IPv6`.
        public var description: String { self == .v4 ? "IPv4" : "IPv6" }
    }

    /// The IP version of the address.
    public var family: Family {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// The IPv4 address; nil for IPv6.
    public var v4: IPv4Address? { if case .v4(let address) = self { address } else { nil } }
    /// The IPv6 address; nil for IPv4.
    public var v6: IPv6Address? { if case .v6(let address) = self { address } else { nil } }

    /// Whether this is a multicast address.
    public var isMulticast: Bool {
        switch self {
        case .v4(let address): address.isMulticast
        case .v6(let address): address.isMulticast
        }
    }

    /// 127.0.0.0/8 or ::1.
    public var isLoopback: Bool {
        switch self {
        case .v4(let address): address.isLoopback
        case .v6(let address): address.isLoopback
        }
    }

    /// 0.0.0.0 or ::.
    public var isUnspecified: Bool {
        switch self {
        case .v4(let address): address.isUnspecified
        case .v6(let address): address.isUnspecified
        }
    }

    /// Whether this is a subnet-router anycast address, assuming a prefix
    /// length of 64 (RFC 4291, section 2.6.1).
    public var isSubnetRouterAnycast: Bool {
        if case .v6(let address) = self { return address.low == 0 && !address.isUnspecified }
        return false
    }

    /// Whether the address is ambiguous without the interface on which it is used.
    public var needsZone: Bool {
        switch self {
        case .v4: false
        case .v6(let address): address.isLinkLocal || address.isLinkLocalMulticast
        }
    }
}

extension IPAddress {
    /// The address as a number of 32 or 128 bits.
    public var number: UInt128 {
        switch self {
        case .v4(let address): UInt128(address.rawValue)
        case .v6(let address): UInt128(address.high) << 64 | UInt128(address.low)
        }
    }

    /// Creates an address from a number; bits beyond the length of the family are ignored.
    public init(_ family: Family, number: UInt128) {
        switch family {
        case .v4: self = .v4(IPv4Address(rawValue: UInt32(truncatingIfNeeded: number)))
        case .v6:
            self = .v6(
                IPv6Address(high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number)))
        }
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

extension IPAddress: Comparable {
    /// Orders IPv4 before IPv6, and each family by number.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        switch (left, right) {
        case (.v4(let left), .v4(let right)): left < right
        case (.v6(let left), .v6(let right)): left < right
        case (.v4, .v6): true
        case (.v6, .v4): false
        }
    }
}

extension IPAddress {
    /// The address in network byte order: 4 or 16 bytes.
    public var networkBytes: [UInt8] {
        switch self {
        case .v4(let address): (0..<4).map { UInt8(truncatingIfNeeded: address.rawValue >> UInt32(24 - 8 * $0)) }
        case .v6(let address):
            [address.high, address.low].flatMap { half in
                (0..<8).map { UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * $0)) }
            }
        }
    }
}
