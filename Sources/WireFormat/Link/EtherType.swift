/// The payload type of an Ethernet II frame (IEEE 802 numbers).
public struct EtherType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let ipv4 = EtherType(rawValue: 0x0800)
    public static let arp = EtherType(rawValue: 0x0806)
    public static let reverseARP = EtherType(rawValue: 0x8035)
    public static let vlan = EtherType(rawValue: 0x8100)
    public static let ipv6 = EtherType(rawValue: 0x86DD)
    /// 802.1ad: the outer tag of QinQ.
    public static let serviceVLAN = EtherType(rawValue: 0x88A8)
    /// The outer tag of QinQ before 802.1ad.
    public static let oldServiceVLAN = EtherType(rawValue: 0x9100)
    public static let mpls = EtherType(rawValue: 0x8847)
    public static let pppoeDiscovery = EtherType(rawValue: 0x8863)
    public static let pppoeSession = EtherType(rawValue: 0x8864)
    public static let linkLayerDiscovery = EtherType(rawValue: 0x88CC)

    /// Whether a tag of 4 bytes and another EtherType follow.
    @inlinable public var isTag: Bool { self == .vlan || self == .serviceVLAN || self == .oldServiceVLAN }

    /// Whether the field is the length of an 802.3 frame's data, 0 to 1,500: below 0x0600 (IEEE 802.3, clause 3.2.6).
    @inlinable public var isLength: Bool { rawValue < 0x0600 }
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
        case .oldServiceVLAN: "QinQ"
        case .mpls: "MPLS"
        case .pppoeDiscovery: "PPPoE discovery"
        case .pppoeSession: "PPPoE"
        case .linkLayerDiscovery: "LLDP"
        default: "0x" + hexadecimal(rawValue, digits: 4)
        }
    }
}
