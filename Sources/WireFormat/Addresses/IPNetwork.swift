/// An IPv4 network: an address and a prefix length (RFC 4632).
public struct IPv4Network: Hashable, Sendable {
    /// The address with its host bits cleared.
    public let address: IPv4Address
    /// The length of the network part, 0 to 32 bits.
    public let prefixLength: Int

    /// Clears the host bits of `address`; returns nil if the length is not 0 to 32.
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

    /// Parses `ADDRESS/LENGTH`; host bits that are set are cleared.
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
    /// The number of addresses in the network, including those that no host can have: 1 to 2^32.
    public var addressCount: UInt64 { 1 << UInt64(32 - prefixLength) }

    public func contains(_ other: IPv4Address) -> Bool { other.rawValue & mask.rawValue == address.rawValue }

    /// The addresses that hosts can have: all but the network and broadcast
    /// address; every address of a /31 (RFC 3021) or /32.
    public var hosts: ClosedRange<UInt32> {
        prefixLength >= 31
            ? address.rawValue...lastAddress.rawValue : address.rawValue + 1...lastAddress.rawValue - 1
    }
}

extension IPv4Network {
    /// What an address is in its network.
    public enum Role: Hashable, Sendable {
        case host
        /// The lowest address of a network up to /30, which is no host's.
        case networkAddress
        /// The highest address of a network up to /30: every host (RFC 919).
        case directedBroadcast
    }

    /// Returns what an address of this network is. In a /31 (RFC 3021) and a /32 every address is a host.
    public func role(of address: IPv4Address) -> Role {
        guard prefixLength <= 30 else { return .host }
        return address == lastAddress ? .directedBroadcast : address == self.address ? .networkAddress : .host
    }
}

/// An IPv6 network: an address and a prefix length (RFC 4291, section 2.3).
public struct IPv6Network: Hashable, Sendable {
    /// The address with its host bits cleared.
    public let address: IPv6Address
    /// The length of the network part, 0 to 128 bits.
    public let prefixLength: Int

    /// Clears the host bits of `address`; returns nil if the length is not 0 to 128.
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

    /// Parses `ADDRESS/LENGTH`; host bits that are set are cleared.
    @_specialize(where Text == String)
    @_specialize(where Text == Substring)
    public init?<Text: StringProtocol>(_ text: Text) {
        guard let (head, length) = splitPrefix(text), let address = IPv6Address(head) else { return nil }
        self.init(address, prefixLength: length)
    }

    private static func mask(_ length: Int) -> IPv6Address {
        // Swift's shifts are defined for every amount: beyond the width the result is 0.
        IPv6Address(
            high: length == 0 ? 0 : ~UInt64(0) << (64 - min(length, 64)),
            low: length <= 64 ? 0 : ~UInt64(0) << (128 - length)
        )
    }

    /// The mask: `prefixLength` ones, then zeros.
    public var mask: IPv6Address { Self.mask(prefixLength) }
    /// The highest address.
    public var lastAddress: IPv6Address { IPv6Address(high: address.high | ~mask.high, low: address.low | ~mask.low) }

    /// The anycast address of the network's routers (RFC 4291, section 2.6.1); nil for a /127, which has none (RFC 6164,
    /// section 5), for a /128, and for a range of groups.
    public var subnetRouterAnycast: IPv6Address? { prefixLength <= 126 && !address.isMulticast ? address : nil }

    /// The number of addresses in the network; nil if 2^64 or more.
    public var addressCount: UInt64? { prefixLength <= 64 ? nil : 1 << UInt64(128 - prefixLength) }

    /// Whether the network contains an address.
    public func contains(_ other: IPv6Address) -> Bool {
        other.high & mask.high == address.high && other.low & mask.low == address.low
    }
}

/// An IPv4 or IPv6 network.
public enum IPNetwork: Hashable, Sendable {
    case v4(IPv4Network)
    case v6(IPv6Network)

    /// Clears the host bits of `address`; returns nil if the length is out of range for the family.
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

    /// The length of the network part, in bits.
    public var prefixLength: Int {
        switch self {
        case .v4(let network): network.prefixLength
        case .v6(let network): network.prefixLength
        }
    }

    /// Whether the network contains an address; false for the other family.
    public func contains(_ other: IPAddress) -> Bool {
        switch (self, other) {
        case (.v4(let network), .v4(let address)): network.contains(address)
        case (.v6(let network), .v6(let address)): network.contains(address)
        default: false
        }
    }

    /// The network of all addresses of a family.
    public static func everything(_ family: IPAddress.Family) -> IPNetwork {
        switch family {
        case .v4: .v4(IPv4Network())
        case .v6: .v6(IPv6Network())
        }
    }
}

extension IPNetwork {
    /// Whether a host in the network can have an address: not the network address, the broadcast address, or an address
    /// that no host can have.
    public func hasHostAddress(_ address: IPAddress) -> Bool {
        switch (address, self) {
        case (.v4(let address), .v4(let network)):
            network.contains(address) && !address.isUnspecified && !address.isMulticast && !address.isLimitedBroadcast
                && !address.isLoopback
                && (network.prefixLength > 30 || address != network.address && address != network.lastAddress)
        case (.v6(let address), .v6(let network)):
            network.contains(address)
                // The lowest address is the subnet-router anycast address (RFC 4291, section 2.6.1).
                && !address.isUnspecified && !address.isMulticast && !address.isLoopback
                && (network.prefixLength > 126 || address != network.address)
        default: false
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

/// Splits `HEAD/LENGTH` into text and length, a decimal number without leading zeros.
private func splitPrefix<Text: StringProtocol>(_ text: Text) -> (Text.SubSequence, Int)? {
    guard let slash = text.firstIndex(of: "/") else { return nil }
    let digits = text[text.index(after: slash)...]
    guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0.decimalDigit != nil }),
        digits.utf8.count == 1 || digits.utf8.first != UInt8(ascii: "0"), let length = Int(digits)
    else { return nil }
    return (text[..<slash], length)
}
