/// What an Ethernet II frame carries (IEEE 802 numbers).
public struct EtherType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let ipv4 = EtherType(rawValue: 0x0800)
    public static let arp = EtherType(rawValue: 0x0806)
    public static let reverseARP = EtherType(rawValue: 0x8035)
    public static let vlan = EtherType(rawValue: 0x8100)
    public static let ipv6 = EtherType(rawValue: 0x86DD)
    public static let serviceVLAN = EtherType(rawValue: 0x88A8)
}

extension EtherType: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ipv4: "IPv4"
        case .arp: "ARP"
        case .reverseARP: "RARP"
        case .vlan: "802.1Q"
        case .ipv6: "IPv6"
        case .serviceVLAN: "802.1ad"
        default: "0x" + hexadecimal(UInt8(rawValue >> 8)) + hexadecimal(UInt8(rawValue & 0xFF))
        }
    }
}
