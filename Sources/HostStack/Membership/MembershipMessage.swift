import PacketEngine
import WireFormat

/// A message of IGMP or MLD, independent of the address family.
public enum MembershipMessage: Hashable, Sendable {
    case query(MembershipQuery)
    /// A report. Versions without sources send one record for all sources.
    case report(MembershipVersion, [MembershipRecord])
    case leave(MembershipVersion, IPAddress)

    public var version: MembershipVersion {
        switch self {
        case .query(let query): query.version
        case .report(let version, _), .leave(let version, _): version
        }
    }

    /// The destination address (RFC 3376, sections 4.1.12 and 4.2.14; RFC 2236, section 9; RFC 3810, sections 5.1.15
    /// and 5.2.14).
    public var destination: IPAddress {
        let isV4 = version.family == .v4
        switch self {
        case .query(let query): return query.group ?? (isV4 ? .v4(.allHosts) : .v6(.allNodes))
        case .report(let version, let records):
            if !version.hasSources, let record = records.first { return record.group }
            return isV4 ? .v4(.allIGMPv3Routers) : .v6(.allMLDv2Routers)
        case .leave: return isV4 ? .v4(.allRouters) : .v6(.allRouters)
        }
    }
}

/// A query (RFC 3376, section 4.1; RFC 3810, section 5.1).
public struct MembershipQuery: Hashable, Sendable {
    public var version: MembershipVersion
    /// The queried group; nil in a general query.
    public var group: IPAddress?
    /// The queried sources of the group; empty for all sources.
    public var sources: [IPAddress] = []
    /// The maximum response time.
    public var maximumResponse: Nanoseconds
    /// The robustness variable, in `robustnessValues`: the number of lost messages to tolerate; 0 if the query does not contain it.
    public var robustness = 0
    /// The interval between general queries; zero if the query does not contain it.
    public var interval = Nanoseconds.zero
    /// The S flag: other routers do not update their timers.
    public var suppressesRouters = false

    /// The values of the robustness variable: its field has 3 bits (RFC 3376, section 4.1.6).
    public static let robustnessValues = 1...7
    /// The default robustness variable (RFC 3376, section 8.1; RFC 3810, section 9.1).
    public static let defaultRobustness = 2
    /// The default interval between general queries (RFC 3376, section 8.2; RFC 3810, section 9.2).
    public static let defaultInterval = Nanoseconds.seconds(125)

    public init(
        version: MembershipVersion, group: IPAddress? = nil, sources: [IPAddress] = [], maximumResponse: Nanoseconds
    ) {
        self.version = version
        self.group = group
        self.sources = sources
        self.maximumResponse = maximumResponse
    }
}

/// A group record of a report.
public struct MembershipRecord: Hashable, Sendable {
    public var type: GroupRecordType
    public var group: IPAddress
    public var sources: [IPAddress] = []

    public init(_ type: GroupRecordType, _ group: IPAddress, _ sources: [IPAddress] = []) {
        self.type = type
        self.group = group
        self.sources = sources
    }

    /// The length of the record in a report, in bytes.
    var byteCount: Int { 4 + (group.family == .v4 ? 4 : 16) * (1 + sources.count) }

    /// The source filter that the record states; nil if it only withdraws sources.
    public var filter: SourceFilter? {
        switch type {
        case .modeIsInclude, .changeToInclude, .allowNewSources:
            sources.isEmpty ? nil : SourceFilter(.include, sources)
        case .modeIsExclude, .changeToExclude: SourceFilter(.exclude, sources)
        default: nil
        }
    }
}

/// The source filter of a group: include or exclude, and a source list (RFC 3376, section 2).
public struct SourceFilter: Hashable, Sendable {
    public enum Mode: String, Sendable { case include, exclude }

    public var mode: Mode
    /// Sorted and unique.
    public let sources: [IPAddress]

    public init(_ mode: Mode, _ sources: [IPAddress]) {
        self.mode = mode
        self.sources = Set(sources).sorted()
    }

    /// All sources.
    public static let all = SourceFilter(.exclude, [])

    public func admits(_ source: IPAddress) -> Bool { sources.contains(source) == (mode == .include) }
}
