import WireFormat

/// The ICMP query that a probe sends (RFC 792, RFC 950, RFC 1256, RFC 4443, RFC 4861).
public enum ICMPQuery: String, CaseIterable, Sendable {
    case echo
    case timestamp
    case addressMask = "address-mask"
    case routerSolicitation = "router-solicitation"

    /// Whether the query exists in an address family.
    public func exists(in family: IPAddress.Family) -> Bool {
        family == .v4 || self == .echo || self == .routerSolicitation
    }

    /// The ICMP type of the request.
    public func requestType(_ family: IPAddress.Family) -> UInt8 {
        switch (self, family) {
        case (.echo, .v4): ICMPv4Type.echoRequest.rawValue
        case (.echo, .v6): ICMPv6Type.echoRequest.rawValue
        case (.timestamp, _): ICMPv4Type.timestampRequest.rawValue
        case (.addressMask, _): ICMPv4Type.addressMaskRequest.rawValue
        case (.routerSolicitation, .v4): ICMPv4Type.routerSolicitation.rawValue
        case (.routerSolicitation, .v6): ICMPv6Type.routerSolicitation.rawValue
        }
    }

    /// The ICMP type of the reply.
    public func answerType(_ family: IPAddress.Family) -> UInt8 {
        switch (self, family) {
        case (.echo, .v4): ICMPv4Type.echoReply.rawValue
        case (.echo, .v6): ICMPv6Type.echoReply.rawValue
        case (.timestamp, _): ICMPv4Type.timestampReply.rawValue
        case (.addressMask, _): ICMPv4Type.addressMaskReply.rawValue
        case (.routerSolicitation, .v4): ICMPv4Type.routerAdvertisement.rawValue
        case (.routerSolicitation, .v6): ICMPv6Type.routerAdvertisement.rawValue
        }
    }

    /// The default time to live or hop limit.
    public func hopLimit(_ family: IPAddress.Family, isMulticast: Bool) -> UInt8 {
        // Routers answer only solicitations from their own link (RFC 1256, section 3; RFC 4861, section 6.1.1).
        if self == .routerSolicitation { return family == .v6 ? 255 : 1 }
        // RFC 1112, section 6.1.
        return isMulticast ? 1 : 64
    }
}
