/// The link-layer header type of captured packets (tcpdump.org/linktypes).
public struct LinkType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt16
    @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// An address family in the byte order of the capturing system.
    public static let null = LinkType(rawValue: 0)
    public static let ethernet = LinkType(rawValue: 1)
    /// An IPv4 or IPv6 header without a link-layer header; the numbers 12 and 14 mean the same on some systems.
    public static let rawIP = LinkType(rawValue: 101)
    /// An address family in network byte order.
    public static let loop = LinkType(rawValue: 108)
    public static let linuxCooked = LinkType(rawValue: 113)
    public static let ipv4 = LinkType(rawValue: 228)
    public static let ipv6 = LinkType(rawValue: 229)
    public static let linuxCooked2 = LinkType(rawValue: 276)

    /// Returns the type for a number in a file: some systems write their own numbers for raw IP.
    public static func inFile(_ rawValue: UInt16) -> LinkType {
        rawValue == 12 || rawValue == 14 ? .rawIP : LinkType(rawValue: rawValue)
    }
}

extension LinkType: CustomStringConvertible {
    /// The description that tcpdump prints.
    public var description: String {
        switch self {
        case .null: "NULL (BSD loopback)"
        case .ethernet: "EN10MB (Ethernet)"
        case .rawIP: "RAW (Raw IP)"
        case .loop: "LOOP (OpenBSD loopback)"
        case .linuxCooked: "LINUX_SLL (Linux cooked v1)"
        case .linuxCooked2: "LINUX_SLL2 (Linux cooked v2)"
        case .ipv4: "IPV4 (Raw IPv4)"
        case .ipv6: "IPV6 (Raw IPv6)"
        default: "link type \(rawValue)"
        }
    }
}
