/// The type of an ICMPv4 message (RFC 792, 950, 1256; IANA ICMP type numbers).
public struct ICMPv4Type: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let echoReply = ICMPv4Type(rawValue: 0)
    public static let destinationUnreachable = ICMPv4Type(rawValue: 3)
    public static let sourceQuench = ICMPv4Type(rawValue: 4)
    public static let redirect = ICMPv4Type(rawValue: 5)
    public static let echoRequest = ICMPv4Type(rawValue: 8)
    public static let routerAdvertisement = ICMPv4Type(rawValue: 9)
    public static let routerSolicitation = ICMPv4Type(rawValue: 10)
    public static let timeExceeded = ICMPv4Type(rawValue: 11)
    public static let parameterProblem = ICMPv4Type(rawValue: 12)
    public static let timestampRequest = ICMPv4Type(rawValue: 13)
    public static let timestampReply = ICMPv4Type(rawValue: 14)
    public static let informationRequest = ICMPv4Type(rawValue: 15)
    public static let informationReply = ICMPv4Type(rawValue: 16)
    public static let addressMaskRequest = ICMPv4Type(rawValue: 17)
    public static let addressMaskReply = ICMPv4Type(rawValue: 18)

    /// Whether the message is an error, which quotes a datagram (RFC 1122, section 3.2.2).
    public var isError: Bool {
        switch self {
        case .destinationUnreachable, .sourceQuench, .redirect, .timeExceeded, .parameterProblem: true
        default: false
        }
    }
}

/// The codes of destination unreachable (RFC 792; RFC 1122, section 3.2.2.1; RFC 1812, section 5.2.7.1).
public struct ICMPv4UnreachableCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let network = ICMPv4UnreachableCode(rawValue: 0)
    public static let host = ICMPv4UnreachableCode(rawValue: 1)
    public static let `protocol` = ICMPv4UnreachableCode(rawValue: 2)
    public static let port = ICMPv4UnreachableCode(rawValue: 3)
    /// The DF flag is set and the datagram exceeds the next hop's MTU (RFC 1191).
    public static let fragmentationNeeded = ICMPv4UnreachableCode(rawValue: 4)
    public static let sourceRouteFailed = ICMPv4UnreachableCode(rawValue: 5)
    public static let networkUnknown = ICMPv4UnreachableCode(rawValue: 6)
    public static let hostUnknown = ICMPv4UnreachableCode(rawValue: 7)
    public static let sourceHostIsolated = ICMPv4UnreachableCode(rawValue: 8)
    public static let networkProhibited = ICMPv4UnreachableCode(rawValue: 9)
    public static let hostProhibited = ICMPv4UnreachableCode(rawValue: 10)
    public static let networkForTypeOfService = ICMPv4UnreachableCode(rawValue: 11)
    public static let hostForTypeOfService = ICMPv4UnreachableCode(rawValue: 12)
    public static let communicationProhibited = ICMPv4UnreachableCode(rawValue: 13)
    public static let hostPrecedenceViolation = ICMPv4UnreachableCode(rawValue: 14)
    public static let precedenceCutoff = ICMPv4UnreachableCode(rawValue: 15)
}
