extension IPv4Address {
    /// The name under which DNS has the address's names, without a final dot (RFC 1035, section 3.5).
    public var reverseName: String { reversedLabels + ".in-addr.arpa" }

    /// The octets from the last to the first.
    public var reversedLabels: String { description.split(separator: ".").reversed().joined(separator: ".") }

    /// The 32 bits as four groups of binary digits.
    public var binaryDigits: String {
        (0..<4).map { index in
            zeroPadded(String(rawValue >> UInt32(24 - 8 * index) & 0xFF, radix: 2), to: 8)
        }.joined(separator: ".")
    }
}

extension IPv6Address {
    /// The name under which DNS has the address's names, without a final dot (RFC 3596, section 2.5).
    public var reverseName: String { reversedLabels + ".ip6.arpa" }

    /// The 32 hexadecimal digits from the last to the first.
    public var reversedLabels: String { hexadecimalDigits.reversed().map(String.init).joined(separator: ".") }

    /// The 8 groups of 4 hexadecimal digits, without abbreviation.
    public var expanded: String {
        let digits = Array(hexadecimalDigits)
        return stride(from: 0, to: 32, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: ":")
    }

    /// All 32 hexadecimal digits.
    private var hexadecimalDigits: String { hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16) }
}

extension IPAddress {
    /// The name under which DNS has the address's names, without a final dot.
    public var reverseName: String {
        switch self {
        case .v4(let address): address.reverseName
        case .v6(let address): address.reverseName
        }
    }

    /// The labels before the zone of a reverse lookup.
    public var reversedLabels: String {
        switch self {
        case .v4(let address): address.reversedLabels
        case .v6(let address): address.reversedLabels
        }
    }
}
