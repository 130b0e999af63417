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
    public static let routerSolicitation = ICMPv6Type(rawValue: 133)
    public static let routerAdvertisement = ICMPv6Type(rawValue: 134)
    public static let neighborSolicitation = ICMPv6Type(rawValue: 135)
    public static let neighborAdvertisement = ICMPv6Type(rawValue: 136)
    public static let redirect = ICMPv6Type(rawValue: 137)

    /// Types below 128 are errors.
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
