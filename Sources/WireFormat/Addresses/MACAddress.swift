/// A 48-bit IEEE 802 link-layer address (EUI-48).
public struct MACAddress: Hashable, Sendable {
    /// The address in the low 48 bits; the first octet on the wire is the most significant.
    public let rawValue: UInt64

    /// Creates an address from the low 48 bits of `rawValue`.
    @inlinable
    public init(rawValue: UInt64) {
        self.rawValue = rawValue & 0xFFFF_FFFF_FFFF
    }

    /// 00:00:00:00:00:00, used in ARP requests for the unknown address.
    public static let unspecified = MACAddress(rawValue: 0)
    /// ff:ff:ff:ff:ff:ff, every station.
    public static let broadcast = MACAddress(rawValue: 0xFFFF_FFFF_FFFF)

    /// Parses 6 groups of 1 or 2 hexadecimal digits, separated by colons or by hyphens, but not both; or 3 groups of 4
    /// digits, separated by periods or by hyphens, as switches print them (`0200.0000.0001`).
    ///
    /// 12 digits without separators are no address here, because a host may have that name.
    public init?(_ text: some StringProtocol) {
        if text.utf8.count == 14, let value = Self.value(ofThreeGroups: text) {
            rawValue = value
            return
        }
        var value: UInt64 = 0
        var groups = 1
        var digits = 0
        var separator: UInt8?
        for character in text.utf8 {
            if let digit = character.hexadecimalDigit {
                digits += 1
                guard digits <= 2 else { return nil }
                // The current octet is the low byte; a second digit shifts only that.
                value = digits == 1 ? value << 8 | UInt64(digit) : (value & ~0xFF) | (value & 0xF) << 4 | UInt64(digit)
            } else {
                guard character == UInt8(ascii: ":") || character == UInt8(ascii: "-"), digits > 0 else { return nil }
                guard separator == nil || separator == character else { return nil }
                separator = character
                groups += 1
                digits = 0
                guard groups <= 6 else { return nil }
            }
        }
        guard groups == 6, digits > 0 else { return nil }
        rawValue = value
    }

    /// Parses 3 groups of 4 digits in 14 characters.
    private static func value(ofThreeGroups text: some StringProtocol) -> UInt64? {
        var value: UInt64 = 0
        var separator: UInt8?
        for (index, character) in text.utf8.enumerated() {
            if index == 4 || index == 9 {
                guard character == UInt8(ascii: ".") || character == UInt8(ascii: "-"),
                    separator == nil || separator == character
                else { return nil }
                separator = character
            } else {
                guard let digit = character.hexadecimalDigit else { return nil }
                value = value << 4 | UInt64(digit)
            }
        }
        return value
    }

    /// Whether this is a group address: the lowest bit of the first octet.
    public var isMulticast: Bool { rawValue >> 40 & 1 == 1 }
    /// Whether this is the broadcast address.
    public var isBroadcast: Bool { self == .broadcast }
    /// The kind of destination that an address is (IEEE 802.3, section 3.2.3).
    public enum Kind: String, Sendable {
        case unicast, multicast, broadcast
    }

    /// The kind of destination.
    public var kind: Kind { isBroadcast ? .broadcast : isMulticast ? .multicast : .unicast }
    /// Whether this address identifies a station: an individual address, not all zeros (IEEE 802.3, section 3.2.3).
    public var isStation: Bool { !isMulticast && rawValue != 0 }
    /// Whether this is a locally administered address: the second lowest bit of the first octet.
    public var isLocallyAdministered: Bool { rawValue >> 40 & 2 == 2 }

    /// Creates the address of an IPv4 multicast group (RFC 1112, section 6.4): 01:00:5e and the low 23 bits of the
    /// group.
    public init(multicast group: IPv4Address) {
        self.init(rawValue: 0x0100_5E00_0000 | UInt64(group.rawValue & 0x7F_FFFF))
    }

    /// Creates the address of a multicast group of either family.
    public init(multicast group: IPAddress) {
        switch group {
        case .v4(let group): self.init(multicast: group)
        case .v6(let group): self.init(multicast: group)
        }
    }

    /// Creates the address of an IPv6 multicast group (RFC 2464, section 7): 33:33 and the low 32 bits of the group.
    public init(multicast group: IPv6Address) {
        self.init(rawValue: 0x3333_0000_0000 | group.low & 0xFFFF_FFFF)
    }
}

extension MACAddress: CustomStringConvertible {
    /// 6 groups of 2 lowercase hexadecimal digits, separated by colons.
    public var description: String {
        var text = TextBuffer()
        text.append(self)
        return text.text()
    }
}

extension RawSpan {
    /// The link-layer address in the six bytes at `offset`.
    @inlinable
    public func macAddress(at offset: Int) -> MACAddress {
        MACAddress(rawValue: UInt64(bigEndian16(at: offset)) << 32 | UInt64(bigEndian32(at: offset &+ 2)))
    }
}

extension MutableRawSpan {
    /// Writes a link-layer address into the six bytes at `offset`.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func setMACAddress(_ address: MACAddress, at offset: Int) {
        setBigEndian16(UInt16(truncatingIfNeeded: address.rawValue >> 32), at: offset)
        setBigEndian32(UInt32(truncatingIfNeeded: address.rawValue), at: offset &+ 2)
    }
}
