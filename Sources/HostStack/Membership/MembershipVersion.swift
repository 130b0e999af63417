import PacketEngine
import WireFormat

/// The versions of IGMP and MLD.
public enum MembershipVersion: Hashable, Sendable {
    /// RFC 1112, appendix I.
    case igmp1
    /// RFC 2236.
    case igmp2
    /// RFC 3376.
    case igmp3
    /// RFC 2710.
    case mld1
    /// RFC 3810.
    case mld2

    /// The version numbers of a protocol: IGMP or MLD.
    public static func numbers(_ family: IPAddress.Family) -> ClosedRange<Int> { 1...newest(family).number }

    /// Returns the version with this number, or nil if the family has no such version.
    public init?(_ number: Int, family: IPAddress.Family) {
        switch (family, number) {
        case (.v4, 1): self = .igmp1
        case (.v4, 2): self = .igmp2
        case (.v4, 3): self = .igmp3
        case (.v6, 1): self = .mld1
        case (.v6, 2): self = .mld2
        default: return nil
        }
    }

    /// Returns the newest version of a family.
    public static func newest(_ family: IPAddress.Family) -> MembershipVersion { family == .v4 ? .igmp3 : .mld2 }

    public var family: IPAddress.Family {
        switch self {
        case .igmp1, .igmp2, .igmp3: .v4
        case .mld1, .mld2: .v6
        }
    }

    /// The version number of the protocol.
    public var number: Int {
        switch self {
        case .igmp1, .mld1: 1
        case .igmp2, .mld2: 2
        case .igmp3: 3
        }
    }

    /// Whether reports contain source lists and several groups.
    public var hasSources: Bool { self == .igmp3 || self == .mld2 }

    /// Whether the version has a leave message.
    var hasLeave: Bool { self != .igmp1 }

    /// The unsolicited report interval: a report is repeated after a random time up to this
    /// (RFC 3376, section 8.11; RFC 2236, section 8.10; RFC 3810, section 9.11; RFC 2710, section 7.10).
    var unsolicitedReportInterval: Nanoseconds { hasSources ? .seconds(1) : .seconds(10) }
}

extension MembershipVersion: CustomStringConvertible {
    public var description: String { (family == .v4 ? "IGMPv" : "MLDv") + String(number) }
}
