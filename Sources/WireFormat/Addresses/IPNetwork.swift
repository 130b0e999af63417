/// An IPv4 network: an address and a prefix length (RFC 4632).
public struct IPv4Network: Hashable, Sendable {
    /// The address with its host bits cleared.
    public let address: IPv4Address
    /// Bits of the network part, 0 to 32.
    public let prefixLength: Int

    /// Clears the host bits of `address`; nil when the length is not 0 to 32.
    public init?(_ address: IPv4Address, prefixLength: Int) {
        guard (0...32).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        self.address = IPv4Address(rawValue: address.rawValue & Self.mask(prefixLength))
    }

    /// The network of all addresses.
    fileprivate init() {
        address = .unspecified
        prefixLength = 0
    }

    /// `ADDRESS/LENGTH`; host bits may be set and are cleared.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        guard let (head, length) = splitPrefix(text), let address = IPv4Address(head) else { return nil }
        self.init(address, prefixLength: length)
    }

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }

    public var mask: IPv4Address { IPv4Address(rawValue: Self.mask(prefixLength)) }
    /// The highest address: the directed broadcast address of networks up to /30.
    public var lastAddress: IPv4Address { IPv4Address(rawValue: address.rawValue | ~mask.rawValue) }
    /// Addresses in the network, hosts or not: 1 to 2^32.
    public var addressCount: UInt64 { 1 << UInt64(32 - prefixLength) }

    public func contains(_ other: IPv4Address) -> Bool { other.rawValue & mask.rawValue == address.rawValue }

    /// The addresses that hosts can have: all but the network and broadcast
    /// address, and every address of a /31 (RFC 3021) or /32.
    public var hosts: ClosedRange<UInt32> {
        prefixLength >= 31
            ? address.rawValue...lastAddress.rawValue : address.rawValue + 1...lastAddress.rawValue - 1
    }
}

/// An IPv6 network: an address and a prefix length (RFC 4291, section 2.3).
public struct IPv6Network: Hashable, Sendable {
    /// The address with its host bits cleared.
    public let address: IPv6Address
    /// Bits of the network part, 0 to 128.
    public let prefixLength: Int

    /// Clears the host bits of `address`; nil when the length is not 0 to 128.
    public init?(_ address: IPv6Address, prefixLength: Int) {
        guard (0...128).contains(prefixLength) else { return nil }
        self.prefixLength = prefixLength
        let mask = Self.mask(prefixLength)
        self.address = IPv6Address(high: address.high & mask.high, low: address.low & mask.low)
    }

    /// The network of all addresses.
    fileprivate init() {
        address = .unspecified
        prefixLength = 0
    }

    /// `ADDRESS/LENGTH`; host bits may be set and are cleared.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        guard let (head, length) = splitPrefix(text), let address = IPv6Address(head) else { return nil }
        self.init(address, prefixLength: length)
    }

    private static func mask(_ length: Int) -> IPv6Address {
        // Swift's shifts are defined for every amount: past the width they give zero.
        IPv6Address(
            high: length == 0 ? 0 : ~UInt64(0) << (64 - min(length, 64)),
            low: length <= 64 ? 0 : ~UInt64(0) << (128 - length)
        )
    }

    /// The mask with `prefixLength` ones in front.
    public var mask: IPv6Address { Self.mask(prefixLength) }
    /// The highest address.
    public var lastAddress: IPv6Address { IPv6Address(high: address.high | ~mask.high, low: address.low | ~mask.low) }

    /// Addresses in the network, or nil when they are 2^64 or more.
    public var addressCount: UInt64? { prefixLength <= 64 ? nil : 1 << UInt64(128 - prefixLength) }

    /// Whether an address is one of the network.
    public func contains(_ other: IPv6Address) -> Bool {
        other.high & mask.high == address.high && other.low & mask.low == address.low
    }
}

/// A network of either version.
public enum IPNetwork: Hashable, Sendable {
    case v4(IPv4Network)
    case v6(IPv6Network)

    /// Clears the host bits of `address`; nil when the family has no prefix of that length.
    public init?(_ address: IPAddress, prefixLength: Int) {
        switch address {
        case .v4(let address):
            guard let network = IPv4Network(address, prefixLength: prefixLength) else { return nil }
            self = .v4(network)
        case .v6(let address):
            guard let network = IPv6Network(address, prefixLength: prefixLength) else { return nil }
            self = .v6(network)
        }
    }

    /// Bits of the network part.
    public var prefixLength: Int {
        switch self {
        case .v4(let network): network.prefixLength
        case .v6(let network): network.prefixLength
        }
    }

    /// Whether an address is one of the network; none of the other family is.
    public func contains(_ other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4(let network), .v4(let address)): network.contains(address)
        case (.v6(let network), .v6(let address)): network.contains(address)
        default: false
        }
    }

    /// Every address of a family.
    public static func everything(_ family: IPAddress.Family) -> IPNetwork {
        switch family {
        case .v4: .v4(IPv4Network())
        case .v6: .v6(IPv6Network())
        }
    }
}

extension IPNetwork: CustomStringConvertible {
    public var description: String {
        switch self {
        case .v4(let network): network.description
        case .v6(let network): network.description
        }
    }
}

extension IPv4Network: CustomStringConvertible {
    public var description: String { "\(address)/\(prefixLength)" }
}

extension IPv6Network: CustomStringConvertible {
    public var description: String { "\(address)/\(prefixLength)" }
}

/// Address text and prefix length of `HEAD/LENGTH`, the length a plain decimal number without leading zeros.
private func splitPrefix<Text: StringProtocol>(_ text: Text) -> (Text.SubSequence, Int)? {
    guard let slash = text.firstIndex(of: "/") else { return nil }
    let digits = text[text.index(after: slash)...]
    guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0.decimalDigit != nil }),
        digits.utf8.count == 1 || digits.utf8.first != UInt8(ascii: "0"), let length = Int(digits)
    else { return nil }
    return (text[..<slash], length)
}
