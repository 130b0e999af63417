/// A 128-bit Internet address (RFC 4291), without a zone.
public struct IPv6Address: Hashable, Sendable, Comparable {
    /// The first 64 bits, as a number.
    public let high: UInt64
    /// The last 64 bits, as a number.
    public let low: UInt64

    /// Creates an address from its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// ::, the unspecified address (RFC 4291, section 2.5.2).
    public static let unspecified = IPv6Address(high: 0, low: 0)
    /// ::1, this host (RFC 4291, section 2.5.3).
    public static let loopback = IPv6Address(high: 0, low: 1)
    /// ff02::1, all nodes of the link.
    public static let allNodes = IPv6Address(high: 0xFF02 << 48, low: 1)
    /// ff02::2, all routers of the link.
    public static let allRouters = IPv6Address(high: 0xFF02 << 48, low: 2)
    /// ff02::16, all MLDv2 routers of the link (RFC 3810, section 5.2.14).
    public static let allMLDv2Routers = IPv6Address(high: 0xFF02 << 48, low: 0x16)

    /// Parses the text forms of RFC 4291, section 2.2: 8 groups of 1 to 4
    /// hexadecimal digits, one run of which may be `::`, and the last two of
    /// which may be a dotted-decimal IPv4 address. No zone, no brackets.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        let characters = Array(text.utf8)
        guard characters.count <= 45 else { return nil }
        let colon = UInt8(ascii: ":")
        let gap = characters.indices.dropLast().first { characters[$0] == colon && characters[$0 + 1] == colon }
        guard let head = Self.groups(characters[..<(gap ?? characters.count)], mayEndInIPv4: gap == nil) else {
            return nil
        }
        var groups = head
        if let gap {
            guard let tail = Self.groups(characters[(gap + 2)...], mayEndInIPv4: true),
                head.count + tail.count <= 7
            else { return nil }
            groups += repeatElement(0, count: 8 - head.count - tail.count)
            groups += tail
        }
        guard groups.count == 8 else { return nil }
        high = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
        low = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
    }

    /// Returns the groups of `text` between colons, none for an empty text; nil if a group is invalid.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let address = IPv4Address(String(decoding: part, as: UTF8.self)) else { return nil }
                groups.append(UInt16(address.rawValue >> 16))
                groups.append(UInt16(address.rawValue & 0xFFFF))
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var group: UInt16 = 0
            for character in part {
                guard let digit = character.hexadecimalDigit else { return nil }
                group = group << 4 | UInt16(digit)
            }
            groups.append(group)
        }
        return groups
    }

    /// ff00::/8.
    public var isMulticast: Bool { high >> 56 == 0xFF }
    /// ::, the unspecified address.
    public var isUnspecified: Bool { high == 0 && low == 0 }
    /// ::1, this host.
    public var isLoopback: Bool { self == .loopback }
    /// fe80::/10 (RFC 4291, section 2.5.6).
    public var isLinkLocal: Bool { high >> 54 == 0xFE80 >> 6 }
    /// A multicast address with interface-local or link-local scope (RFC 4291, section 2.7), which needs a zone.
    public var isLinkLocalMulticast: Bool { isMulticast && (high >> 48 & 0xF == 1 || high >> 48 & 0xF == 2) }
    /// ::ffff:0:0/96 (RFC 4291, section 2.5.5.2).
    public var isIPv4Mapped: Bool { high == 0 && low >> 32 == 0xFFFF }

    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Returns one of the eight 16-bit groups, 0 to 7, in the order in which they are written.
    func group(_ index: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)))
    }

    /// The longest run of two or more zero groups, the first if several are equal (RFC 5952, section 4.2); empty if
    /// none.
    var longestZeroRun: Range<Int> {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start > best.count, end - start >= 2 { best = start..<end }
            start = Swift.max(end, start + 1)
        }
        return best
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The canonical form (RFC 5952): lowercase, no leading zeros, the longest
    /// run of two or more zero groups as `::` (the first if several are equal), and
    /// IPv4-mapped addresses with their last part in dotted decimal.
    public var description: String {
        var text = TextBuffer()
        text.append(self)
        return text.text()
    }
}

extension RawSpan {
    /// The IPv6 address in the 16 bytes at `offset`.
    @inlinable
    public func ipv6Address(at offset: Int) -> IPv6Address {
        IPv6Address(high: bigEndian64(at: offset), low: bigEndian64(at: offset &+ 8))
    }
}

extension MutableRawSpan {
    /// Writes an IPv6 address into the 16 bytes at `offset`.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func setIPv6Address(_ address: IPv6Address, at offset: Int) {
        setBigEndian64(address.high, at: offset)
        setBigEndian64(address.low, at: offset &+ 8)
    }
}
