/// A 32-bit Internet address (RFC 791).
public struct IPv4Address: Hashable, Sendable, Comparable {
    /// The address as a number; the first octet is the most significant.
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Creates an address from 4 octets in the order in which they are written.
    public init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        rawValue = UInt32(first) << 24 | UInt32(second) << 16 | UInt32(third) << 8 | UInt32(fourth)
    }

    /// Parses exactly 4 decimal octets without leading zeros. Other forms of
    /// inet_aton (octal, hexadecimal, fewer parts) are rejected, because they obscure
    /// the destination.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        var value: UInt32 = 0
        var octet: UInt32 = 0
        var digits = 0
        var dots = 0
        for character in text.utf8 {
            if let digit = character.decimalDigit {
                guard digits == 0 || octet != 0 else { return nil }
                octet = octet * 10 + UInt32(digit)
                digits += 1
                guard digits <= 3, octet <= 255 else { return nil }
            } else {
                guard character == UInt8(ascii: "."), digits > 0, dots < 3 else { return nil }
                value = value << 8 | octet
                octet = 0
                digits = 0
                dots += 1
            }
        }
        guard dots == 3, digits > 0 else { return nil }
        rawValue = value << 8 | octet
    }

    public static let unspecified = IPv4Address(rawValue: 0)
    /// 127.0.0.1, this host.
    public static let loopback = IPv4Address(rawValue: 0x7F00_0001)
    /// 255.255.255.255, every host of the link (RFC 919).
    public static let limitedBroadcast = IPv4Address(rawValue: .max)
    /// 224.0.0.1, all multicast hosts of the link (RFC 1112, section 4).
    public static let allHosts = IPv4Address(224, 0, 0, 1)
    /// 224.0.0.2, the routers of the link.
    public static let allRouters = IPv4Address(224, 0, 0, 2)
    /// 224.0.0.22, all IGMPv3 routers (RFC 3376, section 4.2.14).
    public static let allIGMPv3Routers = IPv4Address(224, 0, 0, 22)

    /// 224.0.0.0/4 (RFC 1112).
    public var isMulticast: Bool { rawValue >> 28 == 0xE }
    /// 127.0.0.0/8 (RFC 1122, section 3.2.1.3).
    public var isLoopback: Bool { rawValue >> 24 == 127 }
    public var isUnspecified: Bool { rawValue == 0 }
    public var isLimitedBroadcast: Bool { rawValue == .max }
    /// 240.0.0.0/4, reserved for future use; includes the limited broadcast address (RFC 1112, section 4).
    public var isReserved: Bool { rawValue >> 28 == 0xF }
    /// 169.254.0.0/16 (RFC 3927).
    public var isLinkLocal: Bool { rawValue >> 16 == 0xA9FE }
    /// Whether a host may have the address: it is not in 0.0.0.0/8 or 127.0.0.0/8 (RFC 1122, section 3.2.1.3), not a
    /// multicast address, and not reserved.
    public var isHostAddress: Bool {
        let first = rawValue >> 24
        return first != 0 && first != 127 && first < 224
    }

    public static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.rawValue < right.rawValue }
}

extension IPv4Address: CustomStringConvertible {
    /// The dotted-decimal form.
    public var description: String {
        "\(rawValue >> 24).\(rawValue >> 16 & 0xFF).\(rawValue >> 8 & 0xFF).\(rawValue & 0xFF)"
    }
}

extension RawSpan {
    /// The IPv4 address in the four bytes at `offset`.
    @inlinable
    public func ipv4Address(at offset: Int) -> IPv4Address { IPv4Address(rawValue: bigEndian32(at: offset)) }
}

extension MutableRawSpan {
    /// Writes an IPv4 address into the four bytes at `offset`.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func setIPv4Address(_ address: IPv4Address, at offset: Int) {
        setBigEndian32(address.rawValue, at: offset)
    }
}
