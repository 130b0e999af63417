/// The type of an ICMPv6 message (RFC 4443, section 2.1; IANA ICMPv6 parameters).
public struct ICMPv6Type: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let destinationUnreachable = ICMPv6Type(rawValue: 1)
    public static let packetTooBig = ICMPv6Type(rawValue: 2)
    public static let timeExceeded = ICMPv6Type(rawValue: 3)
    public static let parameterProblem = ICMPv6Type(rawValue: 4)
    public static let echoRequest = ICMPv6Type(rawValue: 128)
    public static let echoReply = ICMPv6Type(rawValue: 129)
    /// MLD (RFC 2710, 3810).
    public static let multicastListenerQuery = ICMPv6Type(rawValue: 130)
    public static let multicastListenerReport = ICMPv6Type(rawValue: 131)
    public static let multicastListenerDone = ICMPv6Type(rawValue: 132)
    public static let version2MulticastListenerReport = ICMPv6Type(rawValue: 143)
    /// Neighbor discovery (RFC 4861).
    public static let routerSolicitation = ICMPv6Type(rawValue: 133)
    public static let routerAdvertisement = ICMPv6Type(rawValue: 134)
    public static let neighborSolicitation = ICMPv6Type(rawValue: 135)
    public static let neighborAdvertisement = ICMPv6Type(rawValue: 136)
    public static let redirect = ICMPv6Type(rawValue: 137)

    /// Whether the message belongs to Multicast Listener Discovery.
    @inlinable public var isMulticastListener: Bool {
        (130...132).contains(rawValue) || self == .version2MulticastListenerReport
    }

    /// Whether the message belongs to neighbor discovery.
    @inlinable public var isNeighborDiscovery: Bool { (133...137).contains(rawValue) }

    /// Whether the message is an error: types below 128.
    public var isError: Bool { rawValue < 128 }
}

/// The codes of destination unreachable (RFC 4443, section 3.1).
public struct ICMPv6UnreachableCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let noRoute = ICMPv6UnreachableCode(rawValue: 0)
    public static let administrativelyProhibited = ICMPv6UnreachableCode(rawValue: 1)
    public static let beyondScope = ICMPv6UnreachableCode(rawValue: 2)
    public static let address = ICMPv6UnreachableCode(rawValue: 3)
    public static let port = ICMPv6UnreachableCode(rawValue: 4)
    public static let failedPolicy = ICMPv6UnreachableCode(rawValue: 5)
    public static let rejectRoute = ICMPv6UnreachableCode(rawValue: 6)
}
